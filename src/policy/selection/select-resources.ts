import { HoldfastError, NotFoundError } from "../../errors/index.js";
import type { CallOptions, CloudAccount, Compute, InstanceDescription, VolumeDescription } from "../../ports/index.js";
import type { ResolvedPolicyOptions } from "../policy-options.js";
import { Exclusions } from "./exclusions.js";
import { reachAccounts, type ReachedAccounts, type SelectionFailure } from "./reach-accounts.js";
import { queriesOf, selects, type Selector } from "./selector.js";

/** An instance or volume that is to be backed up. */
export interface SelectedResource {
  /** `<account>/<region>/<id>`. */
  readonly resource: string;
  readonly kind: "instance" | "volume";
  readonly id: string;
  readonly account: CloudAccount;
  readonly accountId: string;
  readonly region: string;
  /** The entry of `include` that selected it. */
  readonly selectedBy: string;
}

/** A resource that was selected and is left out, with the reason. */
export interface SkippedResource extends Omit<SelectedResource, "selectedBy"> {
  readonly reason: string;
}

/** What a policy's selectors mean at this moment. */
export interface Selection {
  readonly resources: readonly SelectedResource[];
  readonly skipped: readonly SkippedResource[];
  /** What was named and is not there, and accounts and regions that could not be asked. */
  readonly failures: readonly SelectionFailure[];
}

export interface SelectionRequest extends CallOptions, ReachedAccounts {
  readonly include: readonly Selector[];
  readonly exclusions: Exclusions;
}

/** One region of one account. */
interface Place {
  readonly account: CloudAccount;
  readonly accountId: string;
  readonly region: string;
}

interface Found<Description> extends Place {
  readonly id: string;
  readonly description: Description;
  readonly selectedBy: string;
}

/** What a policy selects at this moment. */
export async function selectForPolicy({ accounts, include, exclude }: Pick<ResolvedPolicyOptions, "accounts" | "include" | "exclude">, { exclusions = new Exclusions(exclude), signal }: CallOptions & { readonly exclusions?: Exclusions | undefined }): Promise<Selection> {
  return await selectResources({ ...(await reachAccounts(accounts, { signal })), include, exclusions, signal });
}

/**
 * Resolves the selectors: instances by id and tag, and volumes by id and tag that are attached to none of those instances. A
 * volume of a selected instance belongs to the instance's restore point. New resources are found at each run.
 */
export async function selectResources(request: SelectionRequest): Promise<Selection> {
  const instances = new Map<string, Found<InstanceDescription>>();
  const volumes = new Map<string, Found<VolumeDescription>>();
  const failures: SelectionFailure[] = [...request.unreachable];
  for (const [position, selector] of request.include.entries()) {
    const selectedBy = `include[${String(position)}]`;
    if ("instance" in selector) await selectById(request, "instance", selector.instance, selectedBy, (compute) => compute.instance(selector.instance, request), instances, failures);
    else if ("volume" in selector) await selectById(request, "volume", selector.volume, selectedBy, (compute) => compute.volume(selector.volume, request), volumes, failures);
    else await selectByQuery(request, selector, selectedBy, instances, volumes, failures);
  }
  return { ...(await leaveOut(request, instances, volumes, failures)), failures };
}

async function selectByQuery(
  request: SelectionRequest,
  selector: Selector,
  selectedBy: string,
  instances: Map<string, Found<InstanceDescription>>,
  volumes: Map<string, Found<VolumeDescription>>,
  failures: SelectionFailure[],
): Promise<void> {
  for (const place of placesOf(request)) {
    const { account, accountId, region } = place;
    const compute = account.compute(region);
    try {
      for (const tags of queriesOf(selector, region, accountId)) {
        for await (const description of compute.instancesByTags(tags, request)) {
          const { instanceId: id } = description;
          if (!instances.has(nameOf(place, id)) && selects(selector, { kind: "instance", id, tags: description.tags, region, accountId })) instances.set(nameOf(place, id), { ...place, id, description, selectedBy });
        }
        for await (const description of compute.volumesByTags(tags, request)) {
          const { volumeId: id } = description;
          if (!volumes.has(nameOf(place, id)) && selects(selector, { kind: "volume", id, tags: description.tags, region, accountId })) volumes.set(nameOf(place, id), { ...place, id, description, selectedBy });
        }
      }
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      failures.push({ resource: nameOf(place, "*"), kind: "instance", error });
    }
  }
}

function placesOf({ places }: ReachedAccounts): Place[] {
  return places.flatMap(({ account, accountId, regions }) => regions.map((region) => ({ account, accountId, region })));
}

/** `<account>/<region>/<id>` */
function nameOf({ accountId, region }: Pick<Place, "accountId" | "region">, id: string): string {
  return `${accountId}/${region}/${id}`;
}

async function selectById<Description>(
  request: SelectionRequest,
  kind: "instance" | "volume",
  id: string,
  selectedBy: string,
  describe: (compute: Compute) => Promise<Description>,
  found: Map<string, Found<Description>>,
  failures: SelectionFailure[],
): Promise<void> {
  const places = placesOf(request);
  if (places.some((place) => found.has(nameOf(place, id)))) return;
  for (const place of places) {
    try {
      found.set(nameOf(place, id), { ...place, id, description: await describe(place.account.compute(place.region)), selectedBy });
      return;
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      if (error.name === "NotFoundError") continue;
      failures.push({ resource: nameOf(place, id), kind, error });
      return;
    }
  }
  const [unreached] = request.unreachable;
  if (unreached !== undefined) {
    // it may lie where nobody could look
    failures.push({ resource: `*/*/${id}`, kind, error: unreached.error });
    return;
  }
  const accountIds = [...new Set(places.map(({ accountId }) => accountId))];
  const regions = [...new Set(places.map(({ region }) => region))];
  const error = new NotFoundError(`There is no ${kind} ${id} in account ${accountIds.join(", ")}, region ${regions.join(", ")}. Correct ${selectedBy}, or name the region where it lies in "regions".`, {
    code: kind === "instance" ? "InstanceNotFound" : "VolumeNotFound",
    context: { [kind]: id, regions },
  });
  const only = (names: readonly string[]): string => (names.length === 1 ? (names[0] ?? "*") : "*");
  failures.push({ resource: `${only(accountIds)}/${only(regions)}/${id}`, kind, error });
}

async function leaveOut(
  request: SelectionRequest,
  instances: ReadonlyMap<string, Found<InstanceDescription>>,
  volumes: ReadonlyMap<string, Found<VolumeDescription>>,
  failures: SelectionFailure[],
): Promise<{ resources: SelectedResource[]; skipped: SkippedResource[] }> {
  const resources: SelectedResource[] = [];
  const skipped: SkippedResource[] = [];
  const protectedInstances = new Set<string>();
  const decide = (kind: "instance" | "volume", { id, account, accountId, region, selectedBy }: Found<unknown>, reason: string | undefined): void => {
    const place = { resource: nameOf({ accountId, region }, id), kind, id, account, accountId, region };
    if (reason === undefined) resources.push({ ...place, selectedBy });
    else skipped.push({ ...place, reason });
  };
  for (const [name, found] of instances) {
    const reason = request.exclusions.ofInstance(found.description, found);
    if (reason === undefined) protectedInstances.add(name);
    decide("instance", found, reason);
  }
  for (const [name, found] of volumes) {
    const { account, accountId, region, description: { attachment } } = found;
    if (attachment !== undefined && protectedInstances.has(nameOf(found, attachment.instanceId))) continue;
    try {
      const reason = request.exclusions.ofVolume(found.description, found) ?? (attachment && (await request.exclusions.ofAttachment(attachment.instanceId, account.compute(region), accountId, request)));
      decide("volume", found, reason);
    } catch (error) {
      // whether it is excluded cannot be told: neither backing it up nor leaving it out would be right
      request.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      failures.push({ resource: name, kind: "volume", error });
    }
  }
  return { resources, skipped };
}
