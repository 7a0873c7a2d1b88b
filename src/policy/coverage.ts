import type { CallOptions, CloudAccount } from "../ports/index.js";
import type { Repository } from "../repository/repository.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import { Exclusions } from "./selection/exclusions.js";
import { selectForPolicy } from "./selection/select-resources.js";

/** An instance or volume that no policy protects. JSON. */
export interface UnprotectedResource {
  /** `<account>/<region>/<id>`. */
  readonly resource: string;
  readonly kind: "instance" | "volume";
  readonly name?: string | undefined;
  /** That no policy selects it, or which one excludes it. */
  readonly reason: string;
}

/** Restore points that no policy takes care of any more. JSON. */
export interface OrphanedPoints {
  readonly resource: string;
  /** The policy that made them. */
  readonly policy?: string | undefined;
  readonly points: number;
  /** When the newest was made: ISO 8601. */
  readonly newestAt: string;
  readonly reason: "policy gone" | "resource gone" | "policy and resource gone";
}

interface Place {
  readonly account: CloudAccount;
  readonly accountId: string;
  readonly region: string;
}

/** Everything in the accounts and regions of the policies that none of them would back up. Raises what keeps it from being sure. */
export async function findUnprotected(policies: readonly ResolvedPolicyOptions[], options: CallOptions): Promise<UnprotectedResource[]> {
  const safe = new Set<string>();
  const reasons = new Map<string, string>();
  for (const policy of policies) {
    const exclusions = new Exclusions(policy.exclude);
    const { resources, skipped, failures } = await selectForPolicy(policy, { exclusions, ...options });
    // what is named and is not there protects nothing; an account or region that could not be asked leaves it open
    for (const { error } of failures) if (error.name !== "NotFoundError") throw error;
    for (const { resource, reason } of skipped) reasons.set(resource, `${reason} of policy ${policy.name}`);
    for (const { resource, kind, account, accountId, region, id } of resources) {
      safe.add(resource);
      if (kind === "volume") continue;
      const compute = account.compute(region);
      for (const { volumeId } of (await compute.instance(id, options)).volumes) {
        const volume = `${accountId}/${region}/${volumeId}`;
        const reason = policy.exclude.length === 0 ? undefined : exclusions.ofVolume(await compute.volume(volumeId, options), { region, accountId });
        if (reason === undefined) safe.add(volume);
        else reasons.set(volume, `${reason} of policy ${policy.name}`);
      }
    }
  }
  const unprotected: UnprotectedResource[] = [];
  const add = (resource: string, kind: "instance" | "volume", name: string | undefined): void => {
    if (!safe.has(resource)) unprotected.push({ resource, kind, ...(name !== undefined && { name }), reason: reasons.get(resource) ?? "no policy selects it" });
  };
  for (const { account, accountId, region } of await placesOf(policies, options)) {
    const compute = account.compute(region);
    for await (const { instanceId, name } of compute.instancesByTags({}, options)) add(`${accountId}/${region}/${instanceId}`, "instance", name);
    for await (const { volumeId, tags } of compute.volumesByTags({}, options)) add(`${accountId}/${region}/${volumeId}`, "volume", tags["Name"]);
  }
  return unprotected;
}

/** Points whose policy is none of these, or whose resource is gone from the accounts and regions that these know. */
export async function findOrphans(repository: Repository, policies: readonly ResolvedPolicyOptions[], options: CallOptions): Promise<OrphanedPoints[]> {
  const names = new Set(policies.map(({ name }) => name));
  const present = new Set<string>();
  const known = new Set<string>();
  for (const { account, accountId, region } of await placesOf(policies, options)) {
    known.add(`${accountId}/${region}`);
    const compute = account.compute(region);
    for await (const { instanceId } of compute.instancesByTags({}, options)) present.add(`${accountId}/${region}/${instanceId}`);
    for await (const { volumeId } of compute.volumesByTags({}, options)) present.add(`${accountId}/${region}/${volumeId}`);
  }
  const orphans = new Map<string, { -readonly [Key in keyof OrphanedPoints]: OrphanedPoints[Key] }>();
  for await (const { resource, policy, createdAt } of repository.restorePoints({ signal: options.signal })) {
    const isPolicyGone = policy === undefined || !names.has(policy);
    const isResourceGone = known.has(resource.slice(0, resource.lastIndexOf("/"))) && !present.has(resource);
    if (!isPolicyGone && !isResourceGone) continue;
    const key = `${resource}\0${policy ?? ""}`;
    const found = orphans.get(key) ?? { resource, ...(policy !== undefined && { policy }), points: 0, newestAt: "", reason: isPolicyGone ? (isResourceGone ? "policy and resource gone" : "policy gone") : "resource gone" };
    found.points++;
    if (createdAt.toISOString() > found.newestAt) found.newestAt = createdAt.toISOString();
    orphans.set(key, found);
  }
  return [...orphans.values()];
}

async function placesOf(policies: readonly ResolvedPolicyOptions[], options: CallOptions): Promise<Place[]> {
  const places = new Map<string, Place>();
  for (const { account, regions } of policies.flatMap(({ accounts }) => accounts)) {
    const accountId = await account.accountId({ signal: options.signal });
    for (const region of regions) places.set(`${accountId}/${region}`, { account, accountId, region });
  }
  return [...places.values()];
}
