import { HoldfastError, NotFoundError, type PartialFailure } from "../../errors/index.js";
import type { CallOptions, CloudAccount, Compute, InstanceDescription, VolumeDescription } from "../../ports/index.js";
import type { Exclusions } from "./exclusions.js";
import { queriesOf, selects, type Selector } from "./selector.js";

/** An instance or volume that is to be backed up. */
export interface SelectedResource {
  /** `<account>/<region>/<id>`. */
  readonly resource: string;
  readonly kind: "instance" | "volume";
  readonly id: string;
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
  /** What was named and is not there, and regions that could not be asked. */
  readonly failures: readonly (PartialFailure & { readonly kind: "instance" | "volume" })[];
}

export interface SelectionRequest extends CallOptions {
  readonly account: CloudAccount;
  readonly accountId: string;
  readonly regions: readonly string[];
  readonly include: readonly Selector[];
  readonly exclusions: Exclusions;
}

interface Found<Description> {
  readonly region: string;
  readonly description: Description;
  readonly selectedBy: string;
}

/**
 * Resolves the selectors: instances by id and tag, and volumes by id and tag that are attached to none of those instances. A
 * volume of a selected instance belongs to the instance's restore point. New resources are found at each run.
 */
export async function selectResources(request: SelectionRequest): Promise<Selection> {
  const instances = new Map<string, Found<InstanceDescription>>();
  const volumes = new Map<string, Found<VolumeDescription>>();
  const failures: Selection["failures"][number][] = [];
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
  failures: Selection["failures"][number][],
): Promise<void> {
  const { accountId } = request;
  for (const region of request.regions) {
    const compute = request.account.compute(region);
    try {
      for (const tags of queriesOf(selector, region, accountId)) {
        for await (const description of compute.instancesByTags(tags, request)) {
          const { instanceId: id } = description;
          if (!instances.has(id) && selects(selector, { kind: "instance", id, tags: description.tags, region, accountId })) instances.set(id, { region, description, selectedBy });
        }
        for await (const description of compute.volumesByTags(tags, request)) {
          const { volumeId: id } = description;
          if (!volumes.has(id) && selects(selector, { kind: "volume", id, tags: description.tags, region, accountId })) volumes.set(id, { region, description, selectedBy });
        }
      }
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      failures.push({ resource: `${request.accountId}/${region}/*`, kind: "instance", error });
    }
  }
}

async function selectById<Description>(
  request: SelectionRequest,
  kind: "instance" | "volume",
  id: string,
  selectedBy: string,
  describe: (compute: Compute) => Promise<Description>,
  found: Map<string, Found<Description>>,
  failures: Selection["failures"][number][],
): Promise<void> {
  if (found.has(id)) return;
  for (const region of request.regions) {
    try {
      found.set(id, { region, description: await describe(request.account.compute(region)), selectedBy });
      return;
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      if (error.name === "NotFoundError") continue;
      failures.push({ resource: `${request.accountId}/${region}/${id}`, kind, error });
      return;
    }
  }
  const regions = request.regions.join(", ");
  const error = new NotFoundError(`There is no ${kind} ${id} in account ${request.accountId}, region ${regions}. Correct ${selectedBy}, or name the region where it lies in "regions".`, {
    code: kind === "instance" ? "InstanceNotFound" : "VolumeNotFound",
    context: { [kind]: id, regions: request.regions },
  });
  failures.push({ resource: `${request.accountId}/${request.regions.length === 1 ? regions : "*"}/${id}`, kind, error });
}

async function leaveOut(
  request: SelectionRequest,
  instances: ReadonlyMap<string, Found<InstanceDescription>>,
  volumes: ReadonlyMap<string, Found<VolumeDescription>>,
  failures: Selection["failures"][number][],
): Promise<{ resources: SelectedResource[]; skipped: SkippedResource[] }> {
  const resources: SelectedResource[] = [];
  const skipped: SkippedResource[] = [];
  const protectedInstances = new Set<string>();
  const decide = (kind: "instance" | "volume", id: string, { region, selectedBy }: Found<unknown>, reason: string | undefined): void => {
    const place = { resource: `${request.accountId}/${region}/${id}`, kind, id, region };
    if (reason === undefined) resources.push({ ...place, selectedBy });
    else skipped.push({ ...place, reason });
  };
  for (const [id, found] of instances) {
    const reason = request.exclusions.ofInstance(found.description, { region: found.region, accountId: request.accountId });
    if (reason === undefined) protectedInstances.add(id);
    decide("instance", id, found, reason);
  }
  for (const [id, found] of volumes) {
    const { attachment } = found.description;
    if (attachment !== undefined && protectedInstances.has(attachment.instanceId)) continue;
    try {
      const place = { region: found.region, accountId: request.accountId };
      const reason = request.exclusions.ofVolume(found.description, place) ?? (attachment && (await request.exclusions.ofAttachment(attachment.instanceId, request.account.compute(found.region), request.accountId, request)));
      decide("volume", id, found, reason);
    } catch (error) {
      // whether it is excluded cannot be told: neither backing it up nor leaving it out would be right
      request.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      failures.push({ resource: `${request.accountId}/${found.region}/${id}`, kind: "volume", error });
    }
  }
  return { resources, skipped };
}
