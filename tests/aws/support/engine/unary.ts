import grpc from "@grpc/grpc-js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { plainEntries, type Values } from "./values.ts";

/** A method of Pulumi's protocols; what it throws fails the call, and so the resource. */
export function unary<Request, Response>(
  method: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return async ({ request }, respond) => {
    try {
      respond(null, await method(request));
    } catch (error) {
      respond({ code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
    }
  };
}

/** Listens on a free port of the loopback. @returns the port */
export function listen(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

export function valuesOf(message: struct.Struct | undefined): Values {
  return message === undefined ? {} : plainEntries(message.toJavaScript());
}

export function messageOf(values: Values): struct.Struct {
  return struct.Struct.fromJavaScript(values as Parameters<typeof struct.Struct.fromJavaScript>[0]);
}
