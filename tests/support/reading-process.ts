import { DocumentReader } from "../../adapters/outbound/documents/document-reader.ts";

/** A process of its own that reads a file, with room for a parser that takes long and much. */
const [path = ""] = process.argv.slice(2);
const parser = { parseMs: 600_000, memoryMebibytes: 8_192 };
for await (const _ of new DocumentReader({ parser }).read([path], new AbortController().signal));
