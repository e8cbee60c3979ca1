/** A provider of the tests, for the real engine: `provider.ts FILE`. It holds the cloud in the file, and prints its port as Pulumi asks. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import grpc from "@grpc/grpc-js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import rpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import monitorRpc from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import monitorMessages from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { Cloud } from "../cloud/cloud.ts";
import { listen, messageOf, unary, valuesOf } from "../engine/unary.ts";

const [file = ""] = process.argv.slice(2);

function cloudOfFile(): Cloud {
  return new Cloud(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined);
}

/** Does something to the cloud, and keeps what became of it. */
function change<Result>(action: (cloud: Cloud) => Result): Result {
  const cloud = cloudOfFile();
  const result = action(cloud);
  writeFileSync(file, JSON.stringify(cloud.contents()));
  return result;
}

/** `urn:pulumi:stack::project::parent$type::name` */
function partsOf(urn: string): { readonly type: string; readonly name: string } {
  const [, , types = "", name = ""] = urn.split("::");
  return { type: types.split("$").at(-1) ?? types, name };
}

function check(request: messages.CheckRequest): messages.CheckResponse {
  const { type, name } = partsOf(request.getUrn());
  const old = request.getOlds();
  const inputs = change((cloud) =>
    cloud.check(type, name, valuesOf(request.getNews()), old === undefined ? undefined : valuesOf(old)),
  );
  return new messages.CheckResponse().setInputs(messageOf(inputs));
}

function diff(request: messages.DiffRequest): messages.DiffResponse {
  const { type } = partsOf(request.getUrn());
  const [old, inputs] = [valuesOf(request.getOldInputs()), valuesOf(request.getNews())];
  const { changed, replacing, isDeletedFirst } = cloudOfFile().diff(type, old, inputs, request.getIgnorechangesList());
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  return new messages.DiffResponse()
    .setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList([...changed])
    .setReplacesList([...replacing])
    .setDeletebeforereplace(isDeletedFirst);
}

function create(request: messages.CreateRequest): messages.CreateResponse {
  const { type, name } = partsOf(request.getUrn());
  const inputs = valuesOf(request.getProperties());
  if (request.getPreview()) return new messages.CreateResponse().setProperties(messageOf(inputs));
  const { id, outputs } = change((cloud) => cloud.create(type, name, inputs));
  return new messages.CreateResponse().setId(id).setProperties(messageOf(outputs));
}

function read(request: messages.ReadRequest): messages.ReadResponse {
  const { type } = partsOf(request.getUrn());
  const found = cloudOfFile().read(type, request.getId());
  if (found === undefined) return new messages.ReadResponse();
  const { inputs, outputs } = found;
  return new messages.ReadResponse()
    .setId(request.getId())
    .setInputs(messageOf(inputs))
    .setProperties(messageOf(outputs));
}

function update(request: messages.UpdateRequest): messages.UpdateResponse {
  const { type } = partsOf(request.getUrn());
  const inputs = valuesOf(request.getNews());
  const outputs = request.getPreview() ? inputs : change((cloud) => cloud.update(type, request.getId(), inputs));
  return new messages.UpdateResponse().setProperties(messageOf(outputs));
}

function remove(request: messages.DeleteRequest): empty.Empty {
  change((cloud) => cloud.delete(partsOf(request.getUrn()).type, request.getId()));
  return new empty.Empty();
}

function invoke(request: messages.InvokeRequest): messages.InvokeResponse {
  const result = cloudOfFile().invoke(request.getTok(), valuesOf(request.getArgs()));
  return new messages.InvokeResponse().setReturn(messageOf(result));
}

/** A component is registered with the engine, which called for it, and so is each of its resources. */
async function constructComponent(request: messages.ConstructRequest): Promise<messages.ConstructResponse> {
  const monitor = new monitorRpc.ResourceMonitorClient(request.getMonitorendpoint(), grpc.credentials.createInsecure());
  const register = (resource: monitorMessages.RegisterResourceRequest) =>
    new Promise<monitorMessages.RegisterResourceResponse>((resolve, reject) => {
      monitor.registerResource(resource, (error, response) => (error === null ? resolve(response) : reject(error)));
    });
  const { type, name } = { type: request.getType(), name: request.getName() };
  const component = new monitorMessages.RegisterResourceRequest().setType(type).setName(name);
  const urn = (await register(component.setParent(request.getParent()))).getUrn();
  const outputs = await cloudOfFile().construct(type, name, valuesOf(request.getInputs()), async (child) => {
    const resource = new monitorMessages.RegisterResourceRequest()
      .setType(child.type)
      .setName(child.name)
      .setParent(urn)
      .setCustom(true)
      .setProvider(request.getProvidersMap().get("aws") ?? "")
      .setObject(messageOf(child.inputs));
    for (const [key, urns] of Object.entries(child.dependencies))
      resource
        .getPropertydependenciesMap()
        .set(key, new monitorMessages.RegisterResourceRequest.PropertyDependencies().setUrnsList([...urns]));
    const response = await register(resource.setDependenciesList(Object.values(child.dependencies).flat()));
    return { urn: response.getUrn(), id: response.getId() };
  });
  monitor.close();
  return new messages.ConstructResponse().setUrn(urn).setState(messageOf(outputs));
}

const server = new grpc.Server();
server.addService(rpc.ResourceProviderService, {
  getPluginInfo: unary(() => new pluginMessages.PluginInfo().setVersion("999.0.0")),
  checkConfig: unary(check),
  diffConfig: unary(diff),
  configure: unary(() =>
    new messages.ConfigureResponse().setSupportspreview(true).setAcceptsecrets(true).setAcceptresources(true),
  ),
  ...{ check: unary(check), diff: unary(diff), create: unary(create), read: unary(read), update: unary(update) },
  delete: unary(remove),
  invoke: unary(invoke),
  construct: unary(constructComponent),
  cancel: unary(() => new empty.Empty()),
  attach: unary(() => new empty.Empty()),
});
console.log(await listen(server));
