import { readFile } from "node:fs/promises";
import type { Container, Image } from "./container.ts";

const QUESTION = {
  prompt: "How does Pharos keep its FAISS index safe from a crash?",
  llm_name: "extractive",
  vector_search_type: "faiss",
};
const ASK = `const response = await fetch("http://127.0.0.1:" + process.env.PORT + "/generate", {
  method: "POST", headers: { "content-type": "application/json" }, body: process.argv[1] });
console.log(JSON.stringify({ status: response.status, body: await response.json() }));`;

/** Asks for the container's health, as an engine would, until it is well. @throws Error after the last ask */
export async function untilHealthy(container: Container, image: Image, deadlineMs: number): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const { code } = await container.inside(image.healthcheck);
    if (code === 0) return;
    if (performance.now() > end) throw new Error(`not healthy after ${deadlineMs / 1000} s`);
  }
}

/** What is wrong with a service that is ready; [] where all is well. */
export async function checkService(container: Container, image: Image): Promise<readonly string[]> {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => holds || problems.push(problem);
  const { output } = await container.inside(["node", "--input-type=module", "--eval", ASK, JSON.stringify(QUESTION)]);
  const { status, body } = JSON.parse(output);
  process.stdout.write(`  answer: ${body.response}\n`);
  const cited = body.citations?.some(
    ({ verified, uri }: Record<string, unknown>) => verified && String(uri).startsWith("docs/"),
  );
  expect(status === 200 && cited === true, `no cited answer: ${output}`);

  const proc = await readFile(`/proc/${container.pid}/status`, "utf8");
  expect(/^Uid:\s+10001\s+10001\s+10001\s+10001$/mu.test(proc), "the first process is not of the user 10001");
  expect(/^CapEff:\s+0+$/mu.test(proc), "the first process has capabilities");
  expect(/^Name:\s+tini$/mu.test(proc), "the first process is not tini");

  for (const path of ["/app/x", "/app/node_modules/x", "/app/.cache/compile/x", "/etc/x", "/usr/local/bin/x"]) {
    expect((await container.inside(["touch", path])).code !== 0, `${path} can be written`);
  }
  const unhealthy = await container.inside(image.healthcheck, "PORT=1");
  expect(unhealthy.code === 1, "the health check is well where nothing listens");
  const created = await container.inside(["pharos", "keys", "create", "--name", "app", "--scopes", "ask"]);
  expect(created.code === 0 && created.output.includes("sha256"), "the command pharos makes no key");
  const asked = await container.inside(["pharos", "ask", QUESTION.prompt]);
  expect(asked.code === 0 && asked.output.includes("SQLite"), `the command pharos does not answer: ${asked.output}`);
  return problems;
}
