import { objectNames } from "../format/object-names.js";
import { sealTombstone } from "../format/record.js";
import { listSessions } from "../leases/list-sessions.js";
import { withdrawName } from "../points/withdraw-group.js";
import { freshLock } from "../locks/read-store-time.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { readGroupState, type LiveRecord } from "./live-records.js";
import { isConditionFailed } from "../store/store-answers.js";

/** Why a record is no root any more. `stray`: another attempt made the restore point that it was for. */
export type DoomedReason = "withdrawn" | "orphan" | "stray";

export interface DoomedRecord {
  readonly record: LiveRecord;
  readonly reason: DoomedReason;
}

/** How old an orphan is that its stream's next backup may still grow from. */
export interface OrphanRule {
  readonly orphanMs: number;
  readonly nowMs: number;
}

/** Why the record is no root, or `undefined` where it is one. Changes nothing. */
export async function judgeRecord(context: RepositoryContext, record: LiveRecord, points: ReadonlySet<string>, rule: OrphanRule, options: SignalOptions): Promise<DoomedReason | undefined> {
  const { group, session, createdAt } = record.structure;
  if (points.has(group) && record.sharesGroup !== true) return undefined;
  const state = await readGroupState(context, record.structure, options);
  if (state === "point") return undefined;
  if (state === "withdrawn") return "withdrawn";
  if (state === "another") return (await context.store.head(objectNames.session(session), options)) === undefined ? "stray" : undefined;
  if (record.isNewest && rule.nowMs - Date.parse(createdAt) < rule.orphanMs) return undefined;
  return (await context.store.head(objectNames.session(session), options)) === undefined ? "orphan" : undefined;
}

/**
 * Makes tombstones of doomed records; gives those that stay roots after all. The sessions are listed here, after it was seen that
 * the groups are withdrawn: a reader that pinned a group while it was a restore point is among them. Of orphans only the names
 * are withdrawn.
 */
export async function retireRecords(
  context: RepositoryContext,
  doomed: readonly DoomedRecord[],
  options: SignalOptions & { readonly dryRun: boolean },
): Promise<{ readonly retired: number; readonly withdrawnNames: number; readonly spared: readonly LiveRecord[] }> {
  if (doomed.length === 0) return { retired: 0, withdrawnNames: 0, spared: [] };
  const inUse = await listUses(context, options);
  const spared: LiveRecord[] = [];
  const withdrawn = new Set<string>();
  let retired = 0;
  for (const { record, reason } of doomed) {
    const { group, stream, sequence } = record.structure;
    if (inUse.groups.has(group) || inUse.records.has(objectNames.record(stream, sequence))) {
      spared.push(record);
      continue;
    }
    if (options.dryRun) {
      if (reason === "orphan") spared.push(record);
      else retired++;
      continue;
    }
    if (reason === "orphan" && !withdrawn.has(group)) {
      if ((await withdrawName(context, group, options)) === "withdrawn") withdrawn.add(group);
    }
    // a writer that found no group may have confirmed it as its parent meanwhile: the next collection sees that, and what it withdrew here
    if (reason === "orphan") spared.push(record);
    else if (await putTombstone(context, record, options)) retired++;
    else spared.push(record);
  }
  return { retired, withdrawnNames: withdrawn.size, spared };
}

/** The groups that readers pin, and the records that writers grow from. */
async function listUses(context: RepositoryContext, options: SignalOptions): Promise<{ readonly groups: ReadonlySet<string>; readonly records: ReadonlySet<string> }> {
  const groups = new Set<string>();
  const records = new Set<string>();
  for (const { state } of await listSessions(context, options)) {
    if (state.kind === "reader") for (const name of state.pins) groups.add(name);
    else if (state.stream !== null && state.parent !== null) records.add(objectNames.record(state.stream, state.parent));
  }
  return { groups, records };
}

/** `false`: the record changed meanwhile, as another collection's tombstone does; this one takes it for a root and is none the worse. */
async function putTombstone(context: RepositoryContext, { name, etag, structure, hash }: LiveRecord, options: SignalOptions): Promise<boolean> {
  const tombstone = sealTombstone(context.keys, name, { stream: structure.stream, sequence: structure.sequence, hash, createdAt: context.clock.now().toISOString() });
  try {
    await context.store.put(name, tombstone, { condition: { etag }, lock: await freshLock(context, options), signal: options.signal });
    return true;
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    return false;
  }
}
