import { describeCompletionContract } from "./completion-contract.ts";
import { openFakeCompletion } from "./fake-completion-harness.ts";

describeCompletionContract("FakeCompletion", { open: async () => openFakeCompletion() });
