import { describe, expect, it } from "vitest";
import { EventReader } from "../support/event-stream.ts";
import { RawConnection } from "./http-connection.ts";
import { askForStream, QUESTION, type Service, startService } from "./http-harness.ts";

const DELTA = "x".repeat(64 * 1024);
/** What the two sockets and the runtime's own buffers hold at most; the model would write without end. */
const MOST_WRITTEN = 24 * 1024 * 1024;

/** Lets the model write without end; tells how many characters it was asked for, and when it is left. */
function endlessModel({ adapters }: Service) {
  const left = Promise.withResolvers<void>();
  const told = { written: 0, left: left.promise };
  adapters.model.stream = async function* () {
    try {
      for (;;) {
        told.written += DELTA.length;
        yield { type: "delta", text: DELTA };
      }
    } finally {
      left.resolve();
    }
  };
  return told;
}

async function askAndStopReading({ server }: Service): Promise<RawConnection> {
  const connection = await RawConnection.open(server.port);
  connection.post("/generate", { ...QUESTION, stream: true }, { "x-request-id": "slow", connection: "close" });
  await connection.until("event: sources");
  connection.pause();
  return connection;
}

describe("a reader who stops reading", () => {
  it("stops the model from writing, and is cut off after the deadline", async () => {
    const service = await startService({ deadlineMs: 1_000 });
    const model = endlessModel(service);
    const connection = await askAndStopReading(service);
    await model.left;
    expect(await service.log.line("request_id", "slow")).toMatchObject({ code: "timeout" });
    expect(model.written).toBeLessThan(MOST_WRITTEN);
    connection.resume();
    await connection.closed;
  });

  it("leaves the model at once when it goes away", async () => {
    const service = await startService();
    const model = endlessModel(service);
    const connection = await askAndStopReading(service);
    connection.destroy();
    await model.left;
    expect(await service.log.line("request_id", "slow")).toMatchObject({ code: "cancelled" });
  });

  it("gets the rest when it reads again", async () => {
    const service = await startService();
    const deltas = Array.from({ length: 200 }, (_, index) => `${index} ${DELTA}`);
    service.adapters.model.answerWith({ deltas });
    const response = await askForStream(service);
    await service.send("GET", "/models");
    const events = await new EventReader(response).rest();
    expect(events.filter(({ event }) => event === "delta").map(({ data }) => JSON.parse(data).text)).toEqual(deltas);
    expect(events.at(-1)?.event).toBe("done");
  });
});

it("shows by comments that a silent stream lives, and that they are no events", async () => {
  const service = await startService({ silenceMs: 5 });
  const held = service.adapters.model.hold(1);
  const events = new EventReader(await askForStream(service));
  for (let event = await events.next(); event?.event !== "delta"; event = await events.next());
  expect(await events.next()).toEqual({ event: "", data: "", comment: "" });
  expect(await events.next()).toEqual({ event: "", data: "", comment: "" });
  held.release();
  const rest = (await events.rest()).filter(({ comment }) => comment === undefined);
  expect(rest.map(({ event }) => event)).toEqual(["delta", "citation", "usage", "done"]);
});
