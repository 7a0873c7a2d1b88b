import { PartialFailureError, type PartialFailure } from "../../errors/index.js";
import { controlNames } from "../../mover/protocol/object-names.js";
import type { WorkerCompute } from "../../ports/index.js";
import { asError } from "../../session/index.js";
import type { PoolContext } from "../pool-context.js";
import { applianceTag, workerTag } from "../tags/worker-tags.js";
import { surveyControl } from "./living-engines.js";
import type { ReapedResource, ReapOptions, ReapReport } from "./reap-report.js";

interface Reaping {
  readonly context: PoolContext;
  readonly options: ReapOptions;
  readonly removed: ReapedResource[];
  readonly kept: ReapedResource[];
  readonly failures: PartialFailure[];
  /** Whether somebody works with this worker. */
  readonly isAlive: (worker: string) => boolean;
}

/**
 * Removes what a crash left: instances, then their volumes and interfaces, then objects in the configuration bucket. Only what
 * carries both of the engine's tags, of this very appliance, is looked at; what an engine still speaks to is kept.
 */
export async function reap(context: PoolContext, own: ReadonlySet<string>, options: ReapOptions): Promise<ReapReport> {
  const control = await context.control();
  const survey = await surveyControl(context, control, options);
  const isAlive = (worker: string): boolean => own.has(worker) || survey.workers.get(worker) === true;
  const reaping: Reaping = { context, options, removed: [], kept: [], failures: [], isAlive };
  const { account, configurationRegion, networks } = context.options;
  for (const region of new Set(options.regions ?? [account.region, configurationRegion, ...Object.keys(networks)])) await reapRegion(reaping, account.workerCompute(region));
  for (const worker of survey.workers.keys()) {
    await decide(reaping, { kind: "worker", id: controlNames.worker(worker), isKept: isAlive(worker) }, async () => await control.removeAll(controlNames.worker(worker), options));
  }
  for (const task of survey.livingTasks) reaping.kept.push({ kind: "task", id: controlNames.task(task), reason: "its engine is there" });
  for (const task of survey.deadTasks) await decide(reaping, { kind: "task", id: controlNames.task(task), isKept: false }, async () => await control.removeAll(controlNames.task(task), options));
  const { removed, kept, failures } = reaping;
  if (failures.length > 0) {
    throw new PartialFailureError(`${String(failures.length)} left-overs of workers could not be removed: ${failures.map(({ resource, error }) => `${resource}: ${error.message}`).join("; ")} Run reap() again.`, {
      code: "NotReaped",
      failures,
      completed: removed.map(({ id }) => id),
    });
  }
  return { isDryRun: options.dryRun ?? false, removed, kept };
}

async function reapRegion(reaping: Reaping, compute: WorkerCompute): Promise<void> {
  const { options, context, isAlive } = reaping;
  const { region } = compute;
  const tags = { [applianceTag]: context.options.applianceId };
  const workerOf = (found: { readonly tags: Readonly<Record<string, string>> }): string | undefined => (found.tags[applianceTag] === context.options.applianceId ? found.tags[workerTag] : undefined);
  for await (const instance of compute.instancesByTags(tags, options)) {
    const worker = workerOf(instance);
    if (worker === undefined || instance.state === "terminated" || instance.state === "shutting-down") continue;
    await decide(reaping, { kind: "instance", id: instance.instanceId, region, isKept: isAlive(worker) }, async () => await compute.terminate([instance.instanceId], options));
  }
  for await (const found of compute.volumesByTags(tags, options)) {
    const worker = workerOf(found);
    // an attached one goes with its instance
    if (worker === undefined || found.isAttached) continue;
    await decide(reaping, { kind: "volume", id: found.id, region, isKept: isAlive(worker) }, async () => await compute.deleteVolume(found.id, options));
  }
  for await (const found of compute.interfacesByTags(tags, options)) {
    const worker = workerOf(found);
    if (worker === undefined || found.isAttached) continue;
    await decide(reaping, { kind: "interface", id: found.id, region, isKept: isAlive(worker) }, async () => await compute.deleteInterface(found.id, options));
  }
}

async function decide({ context, options, removed, kept, failures }: Reaping, { isKept, ...resource }: Omit<ReapedResource, "reason"> & { readonly isKept: boolean }, remove: () => Promise<void>): Promise<void> {
  if (isKept) {
    kept.push({ ...resource, reason: "its engine is there" });
    return;
  }
  try {
    if (options.dryRun !== true) await remove();
    removed.push({ ...resource, reason: "no engine speaks to it any more" });
    context.logger.info("a left-over was removed", { ...resource, isDryRun: options.dryRun ?? false });
  } catch (error) {
    options.signal?.throwIfAborted();
    failures.push({ resource: resource.id, error: asError(error) });
  }
}
