import { type Output, runtime } from "@pulumi/pulumi";
import type { ReadResourceRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";

type Properties = Readonly<Record<string, unknown>>;

/** The options of a resource that `setMocks` does not show, as the engine gets them: [] and undefined where none was given. */
export interface RegisteredOptions {
  readonly protect: boolean | undefined;
  readonly retainOnDelete: boolean | undefined;
  readonly ignoreChanges: readonly string[];
  readonly import: string | undefined;
  /** URNs of what it waits for: what `dependsOn` names, and what its inputs come from. */
  readonly dependencies: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly deleteBeforeReplace: boolean | undefined;
  readonly additionalSecretOutputs: readonly string[];
  readonly timeouts: { readonly create: string; readonly update: string; readonly delete: string };
}

/** A resource or component that a program declared. */
export interface Registration {
  /** Such as `aws:s3/bucket:Bucket`. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** URN of its parent; undefined for a root. */
  readonly parent: string | undefined;
  readonly custom: boolean;
  /** `urn::id` of its provider; undefined for the default one. */
  readonly provider: string | undefined;
  readonly inputs: Properties;
  readonly options: RegisteredOptions;
}

/** A resource that a program reads and does not own: `Resource.get`. */
export interface Reading {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly id: string;
}

/** What a program did, in the order in which it was done. */
export interface Recording {
  readonly registrations: Registration[];
  readonly readings: Reading[];
  readonly calls: { readonly token: string; readonly inputs: Properties }[];
}

/** The cloud as a program finds it. */
export interface Cloud {
  readonly project?: string;
  readonly stack?: string;
  readonly preview?: boolean;
  /** More of a resource's outputs than its inputs, `arn` and id. */
  readonly outputs?: (resource: { readonly type: string; readonly name: string; readonly inputs: Properties }) => {
    readonly id?: string;
    readonly [output: string]: unknown;
  };
  /** Results of the functions of providers, by their tokens; any other call fails. */
  readonly functions?: Readonly<Record<string, (inputs: Properties) => Record<string, unknown>>>;
}

/** Who listens to a monitor, by the mocks that it was made with. */
const recordings = new WeakMap<object, Recording>();

const registerResource = MockMonitor.prototype.registerResource;
MockMonitor.prototype.registerResource = function (request: RegisterResourceRequest, callback) {
  return registerResource.call(this, request, (error, response) => {
    if (!error) recordings.get(this.mocks)?.registrations.push(registrationOf(request, response.getUrn()));
    callback(error, response);
  });
};

const readResource = MockMonitor.prototype.readResource;
MockMonitor.prototype.readResource = function (request: ReadResourceRequest, callback) {
  return readResource.call(this, request, (error, response) => {
    const read = { type: request.getType(), name: request.getName(), id: request.getId() };
    if (!error) recordings.get(this.mocks)?.readings.push({ ...read, urn: response.getUrn() });
    callback(error, response);
  });
};

function registrationOf(request: RegisterResourceRequest, urn: string): Registration {
  const timeouts = request.getCustomtimeouts();
  return {
    type: request.getType(),
    name: request.getName(),
    urn,
    parent: request.getParent() || undefined,
    custom: request.getCustom(),
    provider: request.getProvider() || undefined,
    inputs: runtime.deserializeProperties(request.getObject()!),
    options: {
      protect: request.hasProtect() ? request.getProtect() : undefined,
      retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
      ignoreChanges: request.getIgnorechangesList(),
      import: request.getImportid() || undefined,
      dependencies: request.getDependenciesList(),
      replaceOnChanges: request.getReplaceonchangesList(),
      deleteBeforeReplace: request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined,
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      timeouts: {
        create: timeouts?.getCreate() ?? "",
        update: timeouts?.getUpdate() ?? "",
        delete: timeouts?.getDelete() ?? "",
      },
    },
  };
}

/** Runs a program against mocks to its end, that of its resources too. One program at a time: Pulumi keeps its state in globals. */
export async function runProgram<Result>(
  program: () => Result | Promise<Result>,
  { project = "pharos", stack = "test", preview = false, outputs = () => ({}), functions = {} }: Cloud = {},
): Promise<Recording & { readonly result: Result }> {
  const recording: Recording = { registrations: [], readings: [], calls: [] };
  const mocks: runtime.Mocks = {
    newResource({ type, name, inputs, id }) {
      const { id: given, ...more } = outputs({ type, name, inputs });
      return { id: given ?? (id || `${name}-id`), state: { arn: arnOf(type, name), ...inputs, ...more } };
    },
    call({ token, inputs }) {
      recording.calls.push({ token, inputs });
      const result = functions[token]?.(inputs);
      if (result !== undefined) return result;
      const details = `the program calls ${token}, which the test has no result for`;
      // Pulumi reads the message of a failed call there.
      throw Object.assign(new Error(details), { details });
    },
  };
  recordings.set(mocks, recording);
  await runtime.setMocks(mocks, project, stack, preview);
  const result = await program();
  await runtime.disconnect();
  return { ...recording, result };
}

/** `aws:s3/bucket:Bucket` called `index` has `arn:aws:s3:eu-central-1:123456789012:index`. */
function arnOf(type: string, name: string): string {
  const service = /^aws:(?<service>[^/]+)/u.exec(type)?.groups?.service ?? "none";
  return `arn:aws:${service}:eu-central-1:123456789012:${name}`;
}

/** The value of an output that is known and whose resources did not fail. */
export function outputValue<Value>(output: Output<Value>): Promise<Value> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as Value));
  });
}

/** The one resource of this type, and of this name where one is given. */
export function theOnly(registrations: readonly Registration[], type: string, name?: string): Registration {
  const found = registrations.filter((one) => one.type === type && (name === undefined || one.name === name));
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Error(
      `${found.length} resources are ${type} ${name ?? ""}, of ${registrations.map((one) => `${one.type} ${one.name}`).join(", ")}`,
    );
  return only;
}
