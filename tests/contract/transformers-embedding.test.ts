import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { TransformersEmbedding } from "../../adapters/outbound/transformers/embedding.ts";
import { startModel } from "../../adapters/outbound/transformers/model-process.ts";
import { transformersOptions } from "../../adapters/outbound/transformers/options.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { TINY_HIDDEN, writeTinyModel } from "../support/tiny-onnx-model.ts";
import { describeEmbeddingContract } from "./embedding-contract.ts";

const NO_VENDOR = "there is no vendor";

describeEmbeddingContract("TransformersEmbedding", {
  open: async () => {
    const folder = await temporaryFolder();
    const model = join(folder, "tiny");
    await writeTinyModel(model);
    await writeTinyModel(join(folder, "without-rows"), { rows: 4 });
    await writeTinyModel(join(folder, "other-dimensions"), { hidden: 6 });
    const put = (name: string) => () =>
      copyFileSync(join(folder, name, "onnx", "model.onnx"), join(model, "onnx", "model.onnx"));
    let dies = false;
    const start = () => {
      const child = startModel();
      if (dies) child.kill("SIGKILL");
      return child;
    };
    const port = new TransformersEmbedding(
      transformersOptions.parse({ model: "./tiny", dimensions: TINY_HIDDEN }),
      { directory: join(folder, "data"), configDirectory: folder, log: { info() {}, warn() {}, error() {} } },
      start,
    );
    return {
      port,
      provoke: {
        "vendor-rejected": put("without-rows"),
        "vendor-reply-invalid": put("other-dimensions"),
        "vendor-unavailable": () => {
          dies = true;
        },
      },
      close: () => port.close(),
    };
  },
  skip: {
    purpose: "its prefixes are seen in the vectors, which its own tests compute",
    stall: "the few texts that the model is at are let come to their end",
    "rate-limited": NO_VENDOR,
    "vendor-auth": NO_VENDOR,
  },
});
