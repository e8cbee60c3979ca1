import { type DestinationStream, destination, pino } from "pino";
import type { Log } from "../../domain/log.ts";

/** Standard error, each line at once: standard output belongs to what a command prints. */
export function standardError(): DestinationStream {
  return destination({ fd: 2, sync: true });
}

/** JSON, one line an event. */
export function createLogger(stream: DestinationStream = standardError()): Log {
  return pino(
    {
      base: null,
      messageKey: "message",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      serializers: {
        error: (error: unknown) => pino.stdSerializers.err(error instanceof Error ? error : new Error(String(error))),
      },
    },
    stream,
  );
}
