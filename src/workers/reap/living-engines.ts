import { randomBytes } from "node:crypto";
import type { ControlObjects } from "../../mover/protocol/control-objects.js";
import { engineDocument, restoreDocument, taskDocument, type RestoreDocument } from "../../mover/protocol/documents.js";
import { controlNames } from "../../mover/protocol/object-names.js";
import type { CallOptions, ObjectInfo } from "../../ports/index.js";
import type { PoolContext } from "../pool-context.js";

/** What the configuration bucket says of workers, tasks and restores, judged by the store's own clock. */
export interface ControlSurvey {
  /** All workers that have objects; `true` where the engine has said something lately. */
  readonly workers: ReadonlyMap<string, boolean>;
  /** Tasks whose engine says nothing any more. */
  readonly deadTasks: readonly string[];
  readonly livingTasks: readonly string[];
  readonly restores: readonly FoundRestore[];
  readonly nowMs: number;
}

/** A restore's note. */
export interface FoundRestore {
  readonly document: RestoreDocument;
  readonly etag: string;
  /** Whether its engine has said something lately. */
  readonly isLiving: boolean;
  /** When it last said something, by the store's clock. */
  readonly saidAt: Date;
}

/** A beat is missed now and then; three times the silence is no accident. */
const silences = 3;

/** Looks at all workers, tasks and notes of restores in the bucket. Clocks of this machine play no part: an object's age is told by the store that stamps all of them. */
export async function surveyControl(context: PoolContext, control: ControlObjects, options: CallOptions): Promise<ControlSurvey> {
  const nowMs = await storeTimeMs(context, control, options);
  const isFresh = (modifiedAt: Date | undefined): boolean => modifiedAt === undefined || nowMs - modifiedAt.getTime() <= silences * context.pace.silentAfterMs;
  const workers = new Map<string, boolean>();
  const engines = new Set<string>([context.engine]);
  for await (const { name, modifiedAt } of control.store.list(controlNames.workers, options)) {
    const worker = name.split("/")[1] ?? "";
    const isEngine = name === controlNames.engine(worker);
    workers.set(worker, (workers.get(worker) ?? false) || (isEngine && isFresh(modifiedAt)));
    if (isEngine && isFresh(modifiedAt)) {
      const said = await control.read(name, engineDocument, options);
      if (said !== undefined) engines.add(said.document.engine);
    }
  }
  const tasks = new Map<string, boolean>();
  for await (const { name, modifiedAt } of control.store.list(controlNames.tasks, options)) {
    const task = name.split("/")[1] ?? "";
    tasks.set(task, (tasks.get(task) ?? false) || isFresh(modifiedAt));
  }
  const livingTasks: string[] = [];
  const deadTasks: string[] = [];
  for (const [task, isRecent] of tasks) {
    const isLiving = isRecent || engines.has((await control.read(controlNames.taskDocument(task), taskDocument, options))?.document.engine ?? "");
    (isLiving ? livingTasks : deadTasks).push(task);
  }
  const restores: FoundRestore[] = [];
  for await (const { name, modifiedAt, etag } of control.store.list(controlNames.restores, options)) {
    const found = await control.read(name, restoreDocument, options);
    // one that was written over since it was listed has an engine that writes
    if (found !== undefined) restores.push({ ...found, isLiving: found.etag !== etag || isFresh(modifiedAt), saidAt: modifiedAt ?? new Date(nowMs) });
  }
  return { workers, livingTasks, deadTasks, restores, nowMs };
}

/** The store's time, from an object of no use that is put and removed. Those that somebody could not remove, long ago, go with it. */
async function storeTimeMs({ clock, pace }: PoolContext, { store }: ControlObjects, { signal }: CallOptions): Promise<number> {
  const own = controlNames.probe(randomBytes(16).toString("hex"));
  await store.put(own, Buffer.from("holdfast"), { signal });
  try {
    const probes: ObjectInfo[] = [];
    for await (const probe of store.list(controlNames.probes, { signal })) probes.push(probe);
    const nowMs = (probes.find(({ name }) => name === own)?.modifiedAt ?? clock.now()).getTime();
    for (const { name, modifiedAt } of probes) {
      const isLeft = modifiedAt !== undefined && nowMs - modifiedAt.getTime() > silences * pace.silentAfterMs;
      if (isLeft) await store.delete(name, { signal });
    }
    return nowMs;
  } finally {
    await store.delete(own);
  }
}
