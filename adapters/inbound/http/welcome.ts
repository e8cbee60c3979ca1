import type { Handler } from "hono";
import type { HttpEnvironment } from "./http-context.ts";

/** `GET /`: callers check for these very words. */
export const welcome: Handler<HttpEnvironment> = (context) => context.json({ message: "Welcome to LLM Inference API" });
