import type { LoadedModel } from "./loaded-model.ts";
import { INSTALL_COMMAND, PACKAGE } from "./model-files.ts";
import type { FromModel, ModelSettings, ToModel } from "./protocol.ts";

/** The model's process: started with `fork`, it lives as long as its channel to the service. */
const ORPHAN_CHECK_MS = 250;
let model: LoadedModel | undefined;

function send(message: FromModel): void {
  process.send?.(message, undefined, {}, (error) => {
    if (error) process.exit(0);
  });
}

async function load(settings: ModelSettings): Promise<FromModel> {
  try {
    const { LoadedModel } = await import("./loaded-model.ts");
    model = await LoadedModel.load(settings);
    return { loaded: true };
  } catch (error) {
    return { failed: { ...reasonOf(error, settings), cause: causeOf(error) } };
  }
}

function reasonOf(error: unknown, { model, allow_download: allowDownload }: ModelSettings) {
  if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") {
    const message = `The embedder needs the package ${PACKAGE}. Run: ${INSTALL_COMMAND}`;
    return { code: "not-configured", message } as const;
  }
  // What fetch throws where it reaches nobody.
  if (allowDownload && error instanceof TypeError) {
    return { code: "vendor-unavailable", message: `The model ${model} cannot be downloaded now.` } as const;
  }
  const hint = allowDownload ? "" : "; allow_download is off, so nothing is downloaded";
  return { code: "not-configured", message: `The model ${model} cannot be loaded${hint}.` } as const;
}

async function embed(texts: readonly string[]): Promise<FromModel> {
  try {
    if (model === undefined) throw new Error("The model was not loaded.");
    return { vectors: await model.embed(texts) };
  } catch (error) {
    const message = "The model fails at these texts.";
    return { failed: { code: "vendor-rejected", message, cause: causeOf(error) } };
  }
}

function causeOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// Ctrl-C reaches the whole group of processes: the service says when the model ends.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToModel) => {
  if ("load" in message) {
    const { load: settings, service } = message;
    // Deno does not always tell of a channel whose other end was killed.
    setInterval(() => process.ppid !== service && process.exit(0), ORPHAN_CHECK_MS);
    void load(settings).then(send);
  } else void embed(message.embed).then(send);
});
