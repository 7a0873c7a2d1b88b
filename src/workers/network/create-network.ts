import { ConfigurationError } from "../../errors/index.js";
import type { CallOptions, NetworkPart, NetworkPartRequest, Tags, WorkerNetworks } from "../../ports/index.js";
import type { PoolContext } from "../pool-context.js";
import type { WorkerNetwork } from "../pool-options.js";
import { applianceTag } from "../tags/worker-tags.js";
import { endpointPolicy } from "./endpoint-policies.js";
import { planSteps, resolveNetworkOptions, type NetworkOptions, type NetworkPlan, type NetworkStep } from "./network-plan.js";

/** What a part is in the network, by which a later call finds it again. */
const networkTag = "holdfast:network";
const defaultZones = 2;

/** What `createNetwork` would make, and what is there already. Makes nothing. */
export async function planNetwork({ options }: PoolContext, region: string, given: NetworkOptions): Promise<NetworkPlan> {
  const resolved = resolveNetworkOptions(given, options);
  const networks = options.account.workerNetworks(region);
  const call = { signal: given.signal };
  const zones = resolved.availabilityZones ?? (await networks.availabilityZones(call)).slice(0, defaultZones);
  const there = new Map((await ownParts(networks, options.applianceId, call)).map(({ role, id }) => [role, id]));
  return { region, steps: planSteps(resolved, zones, region).map((step) => ({ ...step, ...(there.has(step.role) && { existing: there.get(step.role) }) })) };
}

/** Makes a private network, or what an earlier call that was cut short left out of it, and waits until it can be used. Gives what `networks` takes. */
export async function createNetwork(context: PoolContext, region: string, given: NetworkOptions): Promise<WorkerNetwork> {
  const { options } = context;
  const networks = options.account.workerNetworks(region);
  const { steps } = await planNetwork(context, region, given);
  const made = new Map<string, string>();
  const earlier: { readonly id: string; readonly request: NetworkPartRequest }[] = [];
  for (const step of steps) {
    given.signal?.throwIfAborted();
    const tags = { [applianceTag]: options.applianceId, [networkTag]: step.role, Name: `holdfast ${options.applianceId} ${step.role}` };
    const request = requestOf(step, steps, made, step.service === undefined ? undefined : endpointPolicy(step.service, region, options, given.buckets));
    const id = step.existing ?? (await networks.create(request, tags, { signal: given.signal }));
    // an earlier call may have been cut short between the two; an endpoint is made with all that it needs, and one that was made by an earlier call gets the policy of this one
    if (step.kind !== "endpoint") await networks.setUp(id, request, { signal: given.signal });
    else if (step.existing !== undefined) earlier.push({ id, request });
    made.set(step.role, id);
    context.logger.info("a part of a network is there", { region, role: step.role, id, isNew: step.existing === undefined });
  }
  // made all at once, they need no longer than one; until then no worker finds its way
  await networks.awaitEndpoints(idsOf(steps, made, "endpoint"), { signal: given.signal });
  for (const { id, request } of earlier) await networks.setUp(id, request, { signal: given.signal });
  return { vpcId: made.get("vpc") ?? "", subnetIds: idsOf(steps, made, "subnet"), securityGroupIds: [made.get("workers") ?? ""] };
}

/** Removes what `createNetwork` made in a region. Gives what was removed. */
export async function removeNetwork({ options }: PoolContext, region: string, call: CallOptions): Promise<readonly NetworkPart[]> {
  const networks = options.account.workerNetworks(region);
  const parts = await ownParts(networks, options.applianceId, call);
  // what others depend on goes last
  const order: readonly NetworkPart["kind"][] = ["endpoint", "subnet", "route-table", "security-group", "vpc"];
  const sorted = [...parts].sort((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind) || Number(one.role === "workers") - Number(other.role === "workers"));
  for (const part of sorted) await networks.remove(part, call);
  return sorted;
}

/** Parts of a network that this appliance made: those that say both, and nothing else. */
async function ownParts(networks: WorkerNetworks, applianceId: string, call: CallOptions): Promise<readonly NetworkPart[]> {
  const tags: Tags = { [applianceTag]: applianceId };
  return (await networks.partsByTags(tags, networkTag, call)).filter(({ role }) => role !== "");
}

function idsOf(steps: readonly NetworkStep[], made: ReadonlyMap<string, string>, kind: NetworkStep["kind"]): string[] {
  return steps.filter((step) => step.kind === kind).flatMap(({ role }) => made.get(role) ?? []);
}

function requestOf(step: NetworkStep, steps: readonly NetworkStep[], made: ReadonlyMap<string, string>, policy: string | undefined): NetworkPartRequest {
  const vpcId = made.get("vpc") ?? "";
  const subnetIds = idsOf(steps, made, "subnet");
  switch (step.kind) {
    case "vpc":
      return { kind: "vpc", range: step.range ?? "" };
    case "subnet":
      return { kind: "subnet", vpcId, range: step.range ?? "", availabilityZone: step.availabilityZone ?? "" };
    case "route-table":
      return { kind: "route-table", vpcId, subnetIds };
    case "security-group": {
      const httpsFrom = step.role === "endpoints" ? made.get("workers") : undefined;
      return { kind: "security-group", vpcId, name: `holdfast-${step.role}`, description: step.what, ...(httpsFrom !== undefined && { httpsFrom }) };
    }
    case "endpoint": {
      if (step.service === undefined) throw new ConfigurationError(`${step.role}: names no service.`, { code: "InvalidOption", context: { path: "services" } });
      const isGateway = step.service === "s3";
      return { kind: "endpoint", vpcId, service: step.service, type: isGateway ? "gateway" : "interface", subnetIds: isGateway ? [] : subnetIds, routeTableIds: isGateway ? [made.get("routes") ?? ""] : [], securityGroupIds: isGateway ? [] : [made.get("endpoints") ?? ""], policy };
    }
  }
}
