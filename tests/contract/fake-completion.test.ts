import { describeCompletionContract } from "./completion-contract.ts";
import { fakeCompletionHarness } from "./fake-completion-harness.ts";

describeCompletionContract("FakeCompletion", fakeCompletionHarness());
