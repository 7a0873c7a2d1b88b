import { randomBytes } from "node:crypto";
import type { ControlObjects } from "../../mover/protocol/control-objects.js";
import { engineDocument, restoreDocument, taskDocument, type RestoreDocument } from "../../mover/protocol/documents.js";
import { controlNames } from "../../mover/protocol/object-names.js";
import type { CallOptions, ObjectInfo } from "../../ports/index.js";
import type { PoolContext } from "../pool-context.js";
import { NoteReader } from "./note-reader.js";
import type { ReapFinding } from "./reap-report.js";

/** What the configuration bucket says of workers, tasks and restores, judged by the store's own clock. */
export interface ControlSurvey {
  /** All workers that have objects. */
  readonly workers: ReadonlyMap<string, Life>;
  readonly tasks: ReadonlyMap<string, Life>;
  readonly restores: readonly FoundRestore[];
  /** A note of a restore that is there and cannot be read: it may speak of any restore that has an id. */
  readonly hidesRestore: boolean;
  readonly findings: readonly ReapFinding[];
  readonly nowMs: number;
}

/** Whether somebody has said something lately; `unknown` where what was said last cannot be read, so that nobody knows whom it is about. */
export type Life = "living" | "dead" | "unknown";

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

/**
 * Looks at all workers, tasks and notes of restores in the bucket. Clocks of this machine play no part: an object's age is told by the store that stamps all of them. A note that is damaged is told, and nothing that
 * it may speak of is taken for dead.
 */
export async function surveyControl(context: PoolContext, control: ControlObjects, options: CallOptions): Promise<ControlSurvey> {
  const nowMs = await storeTimeMs(context, control, options);
  const survey: Survey = { control, notes: new NoteReader(control, context.logger), options, isFresh: (modifiedAt) => modifiedAt === undefined || nowMs - modifiedAt.getTime() <= silences * context.pace.silentAfterMs };
  const { workers, engines } = await surveyWorkers(survey, context.engine);
  const tasks = await surveyTasks(survey, engines);
  const restores: FoundRestore[] = [];
  let hidesRestore = false;
  for await (const { name, modifiedAt, etag } of control.store.list(controlNames.restores, options)) {
    const ofThisName = restoreDocument.refine(({ session }) => controlNames.restore(session) === name);
    const found = await survey.notes.read("restore", name, ofThisName, options);
    if (found === "damaged") hidesRestore = true;
    // one that was written over since it was listed has an engine that writes
    else if (found !== undefined) restores.push({ ...found, isLiving: found.etag !== etag || survey.isFresh(modifiedAt), saidAt: modifiedAt ?? new Date(nowMs) });
  }
  return { workers, tasks, restores, hidesRestore, findings: survey.notes.findings, nowMs };
}

/** A look at the bucket under way. */
interface Survey {
  readonly control: ControlObjects;
  readonly notes: NoteReader;
  readonly options: CallOptions;
  readonly isFresh: (modifiedAt: Date | undefined) => boolean;
}

/** Engines that live; all of them where none of their words is damaged. */
interface LivingEngines {
  readonly ids: ReadonlySet<string>;
  readonly areAllKnown: boolean;
}

async function surveyWorkers({ control, notes, options, isFresh }: Survey, self: string): Promise<{ readonly workers: ReadonlyMap<string, Life>; readonly engines: LivingEngines }> {
  const workers = new Map<string, Life>();
  const ids = new Set<string>([self]);
  let areAllKnown = true;
  for await (const { name, modifiedAt } of control.store.list(controlNames.workers, options)) {
    const worker = name.split("/")[1] ?? "";
    const isEngine = name === controlNames.engine(worker);
    if (!isEngine) {
      workers.set(worker, workers.get(worker) ?? "dead");
      continue;
    }
    const said = await notes.read("worker", name, engineDocument, options);
    workers.set(worker, said === "damaged" ? "unknown" : isFresh(modifiedAt) ? "living" : "dead");
    // an older word is no living engine's, whatever it says
    if (!isFresh(modifiedAt)) continue;
    if (said === "damaged") areAllKnown = false;
    else if (said !== undefined) ids.add(said.document.engine);
  }
  return { workers, engines: { ids, areAllKnown } };
}

async function surveyTasks({ control, notes, options, isFresh }: Survey, engines: LivingEngines): Promise<ReadonlyMap<string, Life>> {
  const newest = new Map<string, boolean>();
  for await (const { name, modifiedAt } of control.store.list(controlNames.tasks, options)) {
    const task = name.split("/")[1] ?? "";
    newest.set(task, (newest.get(task) ?? false) || isFresh(modifiedAt));
  }
  const tasks = new Map<string, Life>();
  for (const [task, isRecent] of newest) {
    const said = await notes.read("task", controlNames.taskDocument(task), taskDocument, options);
    if (said === "damaged") tasks.set(task, "unknown");
    else if (isRecent || engines.ids.has(said?.document.engine ?? "")) tasks.set(task, "living");
    else tasks.set(task, engines.areAllKnown ? "dead" : "unknown");
  }
  return tasks;
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
