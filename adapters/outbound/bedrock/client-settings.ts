import { NodeHttpHandler } from "@smithy/node-http-handler";

export interface BedrockAccount {
  readonly region: string;
  readonly endpoint?: string | undefined;
}

/**
 * What every client of Bedrock is made with: the SDK's own credential chain, one attempt a call, and no clock but the
 * caller's signal.
 *
 * HTTP/1.1 instead of the SDK's default HTTP/2: that one opens a connection for every call, and ends a stream that was
 * aborted or lost its connection as if it were complete.
 */
export function clientSettings({ region, endpoint }: BedrockAccount) {
  // How many calls run at once is the service's to bound; a limit here would queue the rest unseen.
  const agent = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ httpAgent: agent, httpsAgent: agent }),
  };
}
