import { type DestinationStream, destination, pino } from "pino";
import type { Log } from "../../domain/log.ts";

/** JSON, one line an event, to standard error unless told otherwise: standard output belongs to what a command prints. */
export function createLogger(stream: DestinationStream = destination({ fd: 2, sync: true })): Log {
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
