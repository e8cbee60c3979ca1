import { ExtractiveCompletion } from "../../adapters/outbound/extractive/completion.ts";
import { sourcesOf } from "../support/passages.ts";
import { wordTokenizer } from "../support/word-tokenizer.ts";
import { describeCompletionContract } from "./completion-contract.ts";
import { COMPLETION_CODES } from "./completion-harness.ts";

const QUESTION = "Where does the lighthouse stand?";
const SCRIPTED = "It says what its sources say: nobody can script it.";
const NO_VENDOR = "There is no vendor that could stall, break off or fail.";

describeCompletionContract("ExtractiveCompletion", {
  open: async () => ({
    port: new ExtractiveCompletion(wordTokenizer),
    request: {
      prompt: {
        system: "",
        messages: [{ role: "user", content: QUESTION }],
        question: QUESTION,
        sources: sourcesOf(
          "The lighthouse stands on a rock off the coast. Where the lighthouse stands there is no harbour.",
        ),
      },
      maxTokens: 200,
    },
    close: async () => {},
  }),
  supports: ["temperature"],
  skip: {
    text: SCRIPTED,
    usage: SCRIPTED,
    "cached-usage": SCRIPTED,
    empty: SCRIPTED,
    length: SCRIPTED,
    "content-filter": SCRIPTED,
    "tool-calls": SCRIPTED,
    heard: NO_VENDOR,
    stall: NO_VENDOR,
    "stall-midway": NO_VENDOR,
    "early-return": NO_VENDOR,
    "end-early": NO_VENDOR,
    drop: NO_VENDOR,
    "drop-reply": NO_VENDOR,
    "failure-midway": NO_VENDOR,
    "retry-hint": NO_VENDOR,
    ...Object.fromEntries(COMPLETION_CODES.map((code) => [code, NO_VENDOR])),
  },
});
