import { KendraClient, RetrieveCommand, type RetrieveCommandInput } from "@aws-sdk/client-kendra";
import { abortable } from "../../../domain/abortable.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { Retrieval, RetrievalPort, RetrievalRequest } from "../../../domain/ports/retrieval-port.ts";
import type { Principal } from "../../../domain/principal.ts";
import { type Clock, systemClock } from "./clock.ts";
import { condenseQuery } from "./condense-query.ts";
import { translateError } from "./errors.ts";
import { attributeFilterOf } from "./filters.ts";
import type { KendraOptions } from "./options.ts";
import { Quota } from "./quota.ts";
import { type KendraItem, passageIdOf, passagesOf, readReply } from "./reply.ts";
import { SharedResults } from "./shared-results.ts";

/** Results that a search has at most: https://docs.aws.amazon.com/kendra/latest/APIReference/API_Retrieve.html */
const MAX_RESULTS = 100;

/**
 * A Kendra index, searched with Retrieve. With a principal Kendra shows what is public and what the user or the groups may
 * read. Without one it would show everything, so such a search is refused (`invalid-request`) unless `require_principal` is
 * false, which says that the index is everybody's.
 * Alike searches for the same principal are asked once and kept for a while; the others go at the pace of the index's
 * capacity, and again where Kendra throttles.
 */
export class KendraRetrieval implements RetrievalPort {
  private readonly client: KendraClient;
  private readonly options: KendraOptions;
  private readonly quota: Quota;
  private readonly results: SharedResults;

  constructor(client: KendraClient, options: KendraOptions, clock: Clock) {
    this.client = client;
    this.options = options;
    this.quota = new Quota(options.queries_per_second, clock);
    this.results = new SharedResults(options.cache_seconds * 1_000, clock);
  }

  async retrieve(request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    const { text, warnings } = condenseQuery(request.query);
    const { topK } = request;
    const input = this.inputOf(request, text);
    // All that Kendra is told is in the key, the principal too.
    const passages = await this.results.get(
      JSON.stringify([input, topK]),
      async (shared) => passagesOf(await this.collect(input, topK, shared)),
      signal,
    );
    return { passages, embedMs: 0, warnings };
  }

  async close(): Promise<void> {
    this.client.destroy();
  }

  private inputOf({ filter, principal }: RetrievalRequest, text: string): RetrieveCommandInput {
    if (principal === undefined && this.options.require_principal) {
      const problem = { field: "principal", message: "this search answers only to a known user" };
      throw new ServiceError("invalid-request", "This search needs to know on whose behalf it runs.", {
        problems: [problem],
      });
    }
    return {
      IndexId: this.options.index_id,
      QueryText: text,
      ...(filter === undefined ? {} : { AttributeFilter: attributeFilterOf(filter) }),
      ...(principal === undefined ? {} : { UserContext: userContextOf(principal) }),
    };
  }

  /** The first topK passages: one page, unless results without text, or twice the same, leave too few. */
  private async collect(
    input: RetrieveCommandInput,
    topK: number,
    signal: AbortSignal,
  ): Promise<readonly KendraItem[]> {
    const items = new Map<string, KendraItem>();
    for (let page = 1; (page - 1) * topK < MAX_RESULTS; page += 1) {
      const turned = { ...input, PageNumber: page, PageSize: topK };
      const results = readReply(await this.quota.run(() => this.send(turned, signal), signal));
      for (const item of results) {
        const id = passageIdOf(item);
        if (item.Content !== "" && !items.has(id)) items.set(id, item);
      }
      if (results.length < topK || items.size >= topK) break;
    }
    return [...items.values()].slice(0, topK);
  }

  private async send(input: RetrieveCommandInput, signal: AbortSignal): Promise<unknown> {
    throwIfAborted(signal);
    try {
      // The SDK does not look at the signal while it fetches credentials.
      return await abortable(this.client.send(new RetrieveCommand(input), { abortSignal: signal }), signal);
    } catch (error) {
      throw translateError(error);
    }
  }
}

/** A client of the SDK's own credential chain and endpoint variables. */
export function createKendra(options: KendraOptions, clock: Clock): { readonly retrieval: KendraRetrieval } {
  const client = new KendraClient({
    region: options.region,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 0, requestTimeout: 0, socketTimeout: 0 },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
  });
  return { retrieval: new KendraRetrieval(client, options, clock) };
}

/** A search of the registry's. */
export function createSearch(options: KendraOptions): { readonly retrieval: KendraRetrieval } {
  return createKendra(options, systemClock);
}

/** Kendra wants at least one group where it is told of groups. */
function userContextOf({ userId, groups }: Principal) {
  return { UserId: userId, ...(groups.length === 0 ? {} : { Groups: [...groups].sort() }) };
}
