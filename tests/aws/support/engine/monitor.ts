import grpc from "@grpc/grpc-js";
import engineRpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";
import rpc from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Deployment, Goal } from "./deployment.ts";
import type { Provider } from "./provider.ts";
import { listen, messageOf, unary, valuesOf } from "./unary.ts";
import type { Values } from "./values.ts";

const { ResourceMonitorFeature: feature } = messages;
const FEATURES = [
  feature.RESOURCE_MONITOR_FEATURE_SECRETS,
  feature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
  feature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
  feature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
  feature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
];

/** What the program told the engine beside its resources. */
export interface Told {
  /** Errors and warnings, in their order. */
  readonly logs: string[];
  /** Its exports, once it has ended. */
  exports: Values;
}

/** The engine's side of the protocol between Pulumi and a program, over gRPC on the loopback; one program connects to it. */
export class Monitor {
  readonly told: Told = { logs: [], exports: {} };
  private readonly server = new grpc.Server();
  private readonly deployment: Deployment;
  private readonly provider: Provider;
  private stackUrn = "";

  constructor(deployment: Deployment, provider: Provider) {
    this.deployment = deployment;
    this.provider = provider;
    this.server.addService(rpc.ResourceMonitorService, {
      getDeploymentInfo: unary(() => this.describe()),
      supportsFeature: unary(() => new messages.SupportsFeatureResponse()),
      registerResource: unary((request: messages.RegisterResourceRequest) => this.register(request)),
      registerResourceOutputs: unary((request: messages.RegisterResourceOutputsRequest) => this.finish(request)),
      readResource: unary((request: messages.ReadResourceRequest) => this.read(request)),
      invoke: unary((request: messages.ResourceInvokeRequest) => this.invoke(request)),
      signalAndWaitForShutdown: unary(() => new empty.Empty()),
    });
    this.server.addService(engineRpc.EngineService, {
      log: unary((request: engineMessages.LogRequest) => this.log(request)),
      getRootResource: unary(() => new engineMessages.GetRootResourceResponse().setUrn(this.stackUrn)),
      setRootResource: unary(() => new engineMessages.SetRootResourceResponse()),
    });
  }

  /** @returns the address that the program connects to */
  async listen(): Promise<string> {
    return `127.0.0.1:${await listen(this.server)}`;
  }

  close(): void {
    this.server.forceShutdown();
  }

  private describe(): messages.DeploymentInfo {
    return new messages.DeploymentInfo().setSupportedfeaturesList(FEATURES);
  }

  private async register(request: messages.RegisterResourceRequest): Promise<messages.RegisterResourceResponse> {
    const state = await this.deployment.register(goalOf(request));
    if (state.type === "pulumi:pulumi:Stack") this.stackUrn = state.urn;
    return new messages.RegisterResourceResponse()
      .setUrn(state.urn)
      .setId(state.id)
      .setObject(messageOf(state.outputs));
  }

  private read(request: messages.ReadResourceRequest): messages.ReadResourceResponse {
    const goal = {
      type: request.getType(),
      name: request.getName(),
      parent: request.getParent(),
      inputs: valuesOf(request.getProperties()),
    };
    const state = this.deployment.read(goal, request.getId());
    return new messages.ReadResourceResponse()
      .setUrn(state.urn)
      .setId(state.id)
      .setProperties(messageOf(state.outputs));
  }

  private invoke(request: messages.ResourceInvokeRequest): messages.ResourceInvokeResponse {
    const [token, inputs] = [request.getTok(), valuesOf(request.getArgs())];
    const result = token === "pulumi:pulumi:getResource" ? this.resource(inputs) : this.provider.invoke(token, inputs);
    return new messages.ResourceInvokeResponse().setReturn(messageOf(result));
  }

  /** What a reference to a resource stands for. */
  private resource({ urn }: Values): Values {
    const { id, outputs } = this.deployment.resource(String(urn));
    return { urn: String(urn), id, state: outputs };
  }

  private finish(request: messages.RegisterResourceOutputsRequest): empty.Empty {
    if (request.getUrn() === this.stackUrn) this.told.exports = valuesOf(request.getOutputs());
    return new empty.Empty();
  }

  private log(request: engineMessages.LogRequest): empty.Empty {
    const severity = request.getSeverity();
    if (severity >= engineMessages.LogSeverity.WARNING) this.told.logs.push(request.getMessage());
    return new empty.Empty();
  }
}

function goalOf(request: messages.RegisterResourceRequest): Goal {
  return {
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent(),
    isCustom: request.getCustom(),
    isRemote: request.getRemote(),
    inputs: valuesOf(request.getObject()),
    ignoreChanges: request.getIgnorechangesList(),
    importId: request.getImportid(),
    isRetainedOnDelete: request.getRetainondelete() ?? false,
    isProtected: request.getProtect() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined,
    dependencies: request.getDependenciesList(),
    provider: request.getProvider(),
    propertyDependencies: Object.fromEntries(
      [...request.getPropertydependenciesMap().entries()].map(([key, value]) => [key, value.getUrnsList()]),
    ),
  };
}
