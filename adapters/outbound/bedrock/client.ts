import { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import { type BedrockAccount, clientSettings } from "./client-settings.ts";

/** The official client of Bedrock's models. */
export function createClient(account: BedrockAccount): BedrockRuntimeClient {
  return new BedrockRuntimeClient(clientSettings(account));
}
