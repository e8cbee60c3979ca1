import { z } from "zod";
import { FakeEmbedding } from "../fakes/fake-embedding.ts";

/** An adapter that a config names by its path: embeds texts so finely that each is nearest to itself. */
export const options = z.strictObject({});

export function create(): FakeEmbedding {
  return new FakeEmbedding({ dimensions: 1_024 });
}
