/**
 * Starts the service of this image, asks it one question, and stops it: ends with 0 where it answered with a verified
 * citation, from FAISS, and ended by itself. What Node compiled on the way lies in NODE_COMPILE_CACHE afterwards.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const DEADLINE_MS = 240_000;
const QUESTION = "How does Pharos keep its FAISS index safe from a crash?";

// Invented settings, so that the vendors' adapters are loaded too; nothing is asked of them.
const child = spawn(process.execPath, ["infrastructure/main.ts"], {
  env: {
    ...process.env,
    HOST: "127.0.0.1",
    PORT: "0",
    OPENAI_API_KEY: "none",
    KENDRA_INDEX_ID: "00000000-0000-0000-0000-000000000000",
  },
  stdio: ["ignore", "inherit", "pipe"],
});
const deadline = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
const url = Promise.withResolvers();
createInterface({ input: child.stderr }).on("line", (line) => {
  process.stderr.write(`${line}\n`);
  const { message, url: address } = line.startsWith("{") ? JSON.parse(line) : {};
  if (message === "listening") url.resolve(address);
});
const ended = once(child, "close");
ended.then(() => url.reject(new Error("the service ended before it listened")));

try {
  const response = await fetch(`${await url.promise}/generate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: QUESTION, llm_name: "extractive", vector_search_type: "faiss" }),
  });
  const answer = await response.json();
  process.stdout.write(`${JSON.stringify({ response: answer.response, citations: answer.citations })}\n`);
  if (!answer.citations?.some(({ verified }) => verified))
    throw new Error(`no verified citation: ${JSON.stringify(answer)}`);
  child.kill("SIGTERM");
  const [code, signal] = await ended;
  if (code !== 0) throw new Error(`the service ended with ${signal ?? code}`);
} finally {
  clearTimeout(deadline);
  child.kill("SIGKILL");
}
