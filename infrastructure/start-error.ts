import { mkdir, mkdtemp, rmdir } from "node:fs/promises";
import { join } from "node:path";

/** The service cannot start for a reason outside of it; the message is one sentence that says what to mend. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** Makes the folder where it is not there, and writes into it for a moment. @throws StartError */
export async function checkDataFolder(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await rmdir(await mkdtemp(join(directory, ".start-")));
  } catch (error) {
    throw new StartError(`PHAROS_DATA ${directory} cannot be written (${systemCode(error)})`, { cause: error });
  }
}

/** The StartError for an address that cannot be listened on. */
export function listenError(hostname: string, port: number, error: unknown): StartError {
  const code = systemCode(error);
  const message =
    code === "EADDRINUSE"
      ? `port ${port} of ${hostname} is in use; PORT names another`
      : `port ${port} of ${hostname} cannot be listened on (${code}); HOST and PORT name another`;
  return new StartError(message, { cause: error });
}

function systemCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && error.code !== undefined ? String(error.code) : error.message;
}
