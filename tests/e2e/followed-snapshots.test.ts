import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { verifySnapshot } from "../../adapters/outbound/faiss/snapshots.ts";
import { S3ObjectStore } from "../../adapters/outbound/s3/object-store.ts";
import { PublishedSnapshots } from "../../application/published-snapshots.ts";
import type { SnapshotVersion } from "../../application/published-version.ts";
import { unending } from "../contract/corpus-contract-context.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { runWith } from "../support/command-line.ts";
import { OWN_RUNTIME, type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type S3Wire, startS3Wire } from "../support/wires/s3-wire.ts";
import { expectDone, FLEETS, type Fleet, type SnapshotScene, snapshotScene } from "./snapshot-fleets.ts";

withAwsEnvironment(LOOPBACK_KEYS);

let scene: SnapshotScene;
let wire: S3Wire;

beforeAll(async () => {
  scene = await snapshotScene("learned");
});
afterAll(() => scene.close());

/** A bucket, and a service that follows what is published there. */
async function following() {
  wire = await startS3Wire();
  onTestFinished(() => wire.close());
  const folder = await temporaryFolder();
  const config = join(folder, "pharos.yaml");
  await mkdir(join(folder, "sample"));
  await writeFile(join(folder, "sample/boats.md"), "# Boats\n\nA boat of the sample carries herring over the sea.");
  await writeFile(config, CONFIG);
  const environment = { ...awsEnvironment(), PHAROS_CONFIG: config };
  const start = (dataDirectory?: string) =>
    startServiceProcess(OWN_RUNTIME, { environment, ...(dataDirectory === undefined ? {} : { dataDirectory }) });
  return { start, run: (data: string, ...args: readonly string[]) => runWith(environment, data, ...args) };
}

const CONFIG = `
models: { extractive: { adapter: extractive } }
embedders: { own: { adapter: lsa } }
searches: { boats: { adapter: faiss, embedder: own, snapshot: "s3://pharos-test/index", snapshot_interval_ms: 100 } }
sample: { corpus: boats, paths: [sample] }
`;

function awsEnvironment() {
  return {
    AWS_ENDPOINT_URL_S3: wire.url,
    ...LOOPBACK_KEYS,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** Publishes a fleet, as `pharos snapshot publish` does. */
async function publish(fleet: Fleet): Promise<SnapshotVersion> {
  const directory = scene.snapshots[fleet];
  return withPublished(async (published) => {
    const check = await verifySnapshot(directory, unending());
    return published.use(await published.put(directory, check, unending()), unending());
  });
}

/** Has services serve a version again. */
async function publishAgain(version: string): Promise<void> {
  await withPublished((published) => published.use(version, unending()));
}

async function withPublished<Result>(work: (published: PublishedSnapshots) => Promise<Result>): Promise<Result> {
  process.env.AWS_ENDPOINT_URL_S3 = wire.url;
  const store = new S3ObjectStore({ bucket: wire.bucket, prefix: "index", region: "us-east-1" });
  try {
    return await work(new PublishedSnapshots(store));
  } finally {
    await store.close();
  }
}

async function search({ url }: ServiceProcess, query = "which boat carries herring") {
  const response = await fetch(`${url}/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, top_k: 20, vector_search_type: "boats" }),
  });
  return { status: response.status, body: await response.json() };
}

/** Whose boats a search finds; it must not fail. */
async function found(service: ServiceProcess): Promise<Fleet | "sample"> {
  const { status, body } = await search(service);
  expect(status, JSON.stringify(body)).toBe(200);
  const text = JSON.stringify(body.passages);
  const fleets = FLEETS.filter((fleet) => text.includes(`fleet ${fleet}`));
  expect(fleets.length).toBeLessThanOrEqual(1);
  return fleets[0] ?? "sample";
}

/** Asks without a pause until that fleet answers; none of the requests may fail. */
async function foundAtLast(service: ServiceProcess, fleet: Fleet | "sample"): Promise<void> {
  while ((await found(service)) !== fleet);
}

async function readiness({ url }: ServiceProcess) {
  const response = await fetch(`${url}/health/ready`);
  const { available, unavailable } = await response.json();
  const boats = [...available, ...unavailable].find(({ name }: { name: string }) => name === "boats");
  return { status: response.status, boats };
}

async function readyAtLast(service: ServiceProcess, status = 200): Promise<void> {
  while ((await readiness(service)).status !== status);
}

describe("a service that follows published snapshots", { timeout: 120_000 }, () => {
  it("answers from the sample, then from what is published, then from an earlier version again, and fails no request", async () => {
    const { start } = await following();
    const service = await start();
    await readyAtLast(service);
    expect(await found(service)).toBe("sample");
    const alpha = await publish("alpha");
    expect(alpha).toMatchObject({ documents: 40 });
    await foundAtLast(service, "alpha");
    expect(await readiness(service)).toMatchObject({ status: 200, boats: { snapshot: { version: alpha.version } } });
    const bravo = await publish("bravo");
    await foundAtLast(service, "bravo");
    await publishAgain(alpha.version);
    await foundAtLast(service, "alpha");
    expect(await publish("bravo")).toEqual(bravo);
    await foundAtLast(service, "bravo");
    const fetched = await readdir(join(service.dataDirectory, ".snapshots/boats"));
    expect(fetched).toEqual(["installed.json"]);
    await service.stop("SIGTERM");
    expect(service.log.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  });

  it("takes no documents, over HTTP and from the command line, whatever it answers from", async () => {
    const { start, run } = await following();
    const service = await start();
    await readyAtLast(service);
    const send = (method: string, path: string, body?: unknown) =>
      fetch(`${service.url}/corpora/boats/${path}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const refused = async () => {
      for (const response of [
        await send("PUT", "documents/own", { text: "A document of the caller's own." }),
        await send("DELETE", "documents/boat1"),
        await send("POST", "delete", { ids: ["boat1"] }),
      ]) {
        expect(response.status).toBe(409);
        expect(await response.json()).toMatchObject({ code: "corpus-read-only" });
      }
    };
    await refused();
    await publish("alpha");
    await foundAtLast(service, "alpha");
    await refused();
    expect((await send("GET", "documents/boat1")).status).toBe(200);
    await service.stop("SIGTERM");
    const refusal = await run(service.dataDirectory, "delete", "boat1");
    expect(refusal).toMatchObject({ code: 1, progress: expect.stringContaining("follows a published snapshot") });
  });

  it("is not ready while it cannot tell what is published, and serves what is on its disk where there is something", async () => {
    const { start } = await following();
    await publish("alpha");
    wire.fault = ({ response }) => {
      response.writeHead(503).end();
      return true;
    };
    const service = await start();
    expect(await readiness(service)).toMatchObject({
      status: 503,
      boats: { reason: expect.stringContaining("snapshot") },
    });
    expect(await search(service)).toMatchObject({ status: 503, body: { code: "retrieval-unavailable" } });
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    wire.fault = () => false;
    await readyAtLast(service);
    expect(await found(service)).toBe("alpha");
    await service.stop("SIGTERM");

    wire.fault = ({ response }) => {
      response.writeHead(403).end();
      return true;
    };
    const again = await start(service.dataDirectory);
    expect(await found(again)).toBe("alpha");
    const problemTold = async () => (await readiness(again)).boats.snapshot.problem === "vendor-auth";
    while (!(await problemTold()));
    expect((await readiness(again)).status).toBe(200);
    const metrics = await (await fetch(`${again.url}/metrics`)).text();
    expect(metrics).toContain('pharos_snapshot_followed{search="boats"} 0');
    expect(metrics).toMatch(/pharos_snapshot_looks_total\{search="boats",outcome="vendor-auth"\} \d/u);
    wire.fault = () => false;
    while (await problemTold());
    await again.stop("SIGTERM");
    expect(again.log.map(({ message }) => message)).toContain("the published snapshot is followed again");
  });

  it("keeps what it serves where the published snapshot is damaged, and does not fetch that again and again", async () => {
    const { start } = await following();
    await publish("alpha");
    const bravo = await publish("bravo");
    await publish("alpha");
    const service = await start();
    await readyAtLast(service);
    expect(await found(service)).toBe("alpha");
    const key = `index/versions/${bravo.version}/corpus.sqlite`;
    const body = Buffer.from(wire.objects.get(key)?.body ?? "");
    body[body.length - 100] = (body.at(-100) ?? 0) ^ 1;
    wire.put(key, body);
    await publishAgain(bravo.version);
    while ((await readiness(service)).boats.snapshot.problem !== "invalid-request");
    const gets = () => wire.calls.filter((call) => call.method === "GET" && call.key === key).length;
    const before = gets();
    const looks = wire.calls.length;
    while (wire.calls.length < looks + 3) await search(service);
    expect(gets()).toBe(before);
    expect(await found(service)).toBe("alpha");
    expect(service.log).toContainEqual(
      expect.objectContaining({ level: "error", code: "invalid-request", reason: expect.stringContaining("checksum") }),
    );
  });

  it("is published to from the command line, by what verifies and by nothing else", async () => {
    await following();
    const { alpha } = scene.snapshots;
    const damaged = join(await temporaryFolder(), "damaged");
    await mkdir(damaged);
    for (const name of await readdir(alpha)) await writeFile(join(damaged, name), await readFile(join(alpha, name)));
    await writeFile(join(damaged, "corpus.sqlite"), "no record", { flag: "a" });
    const environment = { ...scene.environment, ...awsEnvironment() };
    const data = await temporaryFolder();
    const url = "s3://pharos-test/index";
    const publishing = (...args: readonly string[]) => runWith(environment, data, "snapshot", "publish", url, ...args);
    const refused = await publishing("--from", damaged);
    expect(refused).toMatchObject({ code: 1, output: "", progress: expect.stringContaining("corpus.sqlite has") });
    expect(wire.objects.size).toBe(0);
    const { version, documents } = JSON.parse(await expectDone(publishing("--from", alpha, "--json")));
    expect(documents).toBe(40);
    expect([...wire.objects.keys()].at(-1)).toBe("index/latest.json");
    expect(await expectDone(publishing("--version", version))).toContain(`has services serve ${version}: 40 documents`);
  });
});
