import type { SourceDocument } from "../../domain/document.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { ChunkedDocument } from "../../domain/ports/corpus-port.ts";
import type { TokenizerPort } from "../../domain/ports/tokenizer-port.ts";
import { chunkDocument } from "./chunk-text.ts";
import type { ChunkSettings } from "./token-pieces.ts";

/**
 * The document as a corpus takes it. Lone surrogates cannot be stored; what replaces them is as long, so that offsets hold.
 * @throws ServiceError invalid-request (a text of white space), timeout, cancelled
 */
export async function readyToPut(
  given: SourceDocument,
  settings: ChunkSettings,
  tokenizer: TokenizerPort,
  signal: AbortSignal,
): Promise<ChunkedDocument> {
  const { title } = given;
  const document: SourceDocument = {
    ...given,
    ...(title === undefined ? {} : { title: title.toWellFormed() }),
    text: given.text.toWellFormed(),
  };
  const chunks = await chunkDocument(document, settings, tokenizer, signal);
  if (chunks.length > 0) return { document, chunks };
  const message = "The text must hold more than white space.";
  throw new ServiceError("invalid-request", message, { problems: [{ field: "text", message }] });
}
