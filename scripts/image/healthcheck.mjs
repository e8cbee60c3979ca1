// Ends with 0 where the service in this container is ready, else with 1.
import { get } from "node:http";

const TIMEOUT_MS = 4_000;

get({ host: "127.0.0.1", port: process.env.PORT, path: "/health/ready", timeout: TIMEOUT_MS }, ({ statusCode }) =>
  process.exit(statusCode === 200 ? 0 : 1),
)
  .on("timeout", () => process.exit(1))
  .on("error", () => process.exit(1));
