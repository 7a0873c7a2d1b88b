import { PartialFailureError } from "../../errors/index.js";
import { controlNames } from "../../mover/protocol/object-names.js";
import type { WorkerCompute } from "../../ports/index.js";
import type { PoolContext } from "../pool-context.js";
import { roleNameOf } from "../roles/temporary-role.js";
import { applianceTag, workerTag } from "../tags/worker-tags.js";
import { surveyControl, type Life } from "./living-engines.js";
import { reapRestores } from "./reap-restores.js";
import type { ReapedResource, ReapOptions, ReapReport } from "./reap-report.js";
import { decide, type Reaping } from "./reaping.js";

interface Found extends Omit<ReapedResource, "reason"> {
  readonly worker: string;
  readonly remove: () => Promise<void>;
}

/**
 * Removes what a crash left: instances, then their volumes and interfaces, then roles of their own, then objects in the configuration bucket, and snapshots of dead restores. Of workers
 * only what carries both of the engine's tags, of this very appliance, is looked at, of restores only what a note in the bucket speaks of; what an engine still speaks to is kept, and so is what a damaged note may speak of.
 */
export async function reap(context: PoolContext, own: () => ReadonlySet<string>, options: ReapOptions): Promise<ReapReport> {
  const control = await context.control();
  const { account, configurationRegion, networks } = context.options;
  const found: Found[] = [];
  for (const region of new Set(options.regions ?? [account.region, configurationRegion, ...Object.keys(networks)])) {
    for await (const resource of findTagged(context, account.workerCompute(region), options)) found.push(resource);
  }
  for await (const resource of findRoles(context, options)) found.push(resource);
  // only now: whoever launches has said so in the bucket before, so that whatever was found above and is alive is known to be
  const survey = await surveyControl(context, control, options);
  const living = own();
  const lifeOf = (worker: string): Life => (living.has(worker) ? "living" : (survey.workers.get(worker) ?? "dead"));
  const reaping: Reaping = { context, options, removed: [], kept: [], failures: [] };
  for (const { worker, remove, ...resource } of found) await decide(reaping, { ...resource, ...keptFor(lifeOf(worker)) }, remove);
  for (const worker of survey.workers.keys()) {
    await decide(reaping, { kind: "worker", id: controlNames.worker(worker), ...keptFor(lifeOf(worker)) }, async () => await control.removeAll(controlNames.worker(worker), options));
  }
  for (const [task, life] of survey.tasks) await decide(reaping, { kind: "task", id: controlNames.task(task), ...keptFor(life) }, async () => await control.removeAll(controlNames.task(task), options));
  await reapRestores(reaping, control, survey);
  const { removed, kept, failures } = reaping;
  if (failures.length > 0) {
    throw new PartialFailureError(`${String(failures.length)} left-overs of workers and restores could not be removed: ${failures.map(({ resource, error }) => `${resource}: ${error.message}`).join("; ")} Run reap() again.`, {
      code: "NotReaped",
      failures,
      completed: removed.map(({ id }) => id),
    });
  }
  return { isDryRun: options.dryRun ?? false, removed, kept, findings: survey.findings };
}

/** Whether something stays for the sake of whoever it belongs to, and why. */
function keptFor(life: Life): { readonly isKept: boolean; readonly reason?: string } {
  return { isKept: life !== "dead", ...(life === "unknown" && { reason: "a damaged note may be its engine's: see findings" }) };
}

/** What of EC2 carries both tags; an attached volume or interface goes with its instance. */
async function* findTagged(context: PoolContext, compute: WorkerCompute, options: ReapOptions): AsyncGenerator<Found> {
  const { region } = compute;
  const { applianceId } = context.options;
  const tags = { [applianceTag]: applianceId };
  const workerOf = (of: { readonly tags: Readonly<Record<string, string>> }): string | undefined => (of.tags[applianceTag] === applianceId ? of.tags[workerTag] : undefined);
  for await (const instance of compute.instancesByTags(tags, options)) {
    const worker = workerOf(instance);
    const { instanceId: id, state } = instance;
    if (worker !== undefined && state !== "terminated" && state !== "shutting-down") yield { kind: "instance", id, region, worker, remove: async () => await compute.terminate([id], options) };
  }
  for await (const { id, isAttached, ...volume } of compute.volumesByTags(tags, options)) {
    const worker = workerOf(volume);
    if (worker !== undefined && !isAttached) yield { kind: "volume", id, region, worker, remove: async () => await compute.deleteVolume(id, options) };
  }
  for await (const { id, isAttached, ...networkInterface } of compute.interfacesByTags(tags, options)) {
    const worker = workerOf(networkInterface);
    if (worker !== undefined && !isAttached) yield { kind: "interface", id, region, worker, remove: async () => await compute.deleteInterface(id, options) };
  }
}

/** Roles and instance profiles that were made for one worker each; IAM has them once for all regions. None are looked for where the pool makes none. */
async function* findRoles({ options: { account, applianceId, temporaryRoles } }: PoolContext, options: ReapOptions): AsyncGenerator<Found> {
  if (temporaryRoles === undefined) return;
  const roles = account.workerRoles();
  for await (const { kind, name, tags } of roles.byTags(temporaryRoles.path, { [applianceTag]: applianceId }, options)) {
    const worker = tags[workerTag];
    // of a role that somebody gave these tags and another name nothing is the engine's
    if (worker === undefined || name !== roleNameOf(worker)) continue;
    yield { kind, id: name, worker, remove: async () => await roles.remove({ name, path: temporaryRoles.path, kind }, options) };
  }
}
