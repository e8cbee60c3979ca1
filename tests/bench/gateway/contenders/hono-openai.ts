import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import OpenAI from "openai";

/** A gateway as most would write it: Hono before, the official client behind. */
const [port, upstream] = process.argv.slice(2);
const client = new OpenAI({ apiKey: "sk-bench", baseURL: `${upstream}/v1`, maxRetries: 0 });
const app = new Hono();

app.post("/v1/chat/completions", async (context) => {
  const body = await context.req.json<OpenAI.ChatCompletionCreateParams>();
  if (body.stream !== true) return context.json(await client.chat.completions.create(body));
  const chunks = await client.chat.completions.create(body);
  return streamSSE(context, async (stream) => {
    for await (const chunk of chunks) await stream.writeSSE({ data: JSON.stringify(chunk) });
    await stream.writeSSE({ data: "[DONE]" });
  });
});

serve({ fetch: app.fetch, port: Number(port), hostname: "127.0.0.1" });
