import { MeteredCompletion } from "../../infrastructure/metering/metered-completion.ts";
import { UsageRecorder } from "../../infrastructure/metering/usage-recorder.ts";
import { wordTokenizer } from "../support/word-tokenizer.ts";
import { describeCompletionContract } from "./completion-contract.ts";
import { fakeCompletionHarness } from "./fake-completion-harness.ts";

describeCompletionContract(
  "MeteredCompletion",
  fakeCompletionHarness((fake) => new MeteredCompletion("fake", fake, undefined, new UsageRecorder(wordTokenizer))),
);
