import { HoldfastError } from "../../errors/index.js";
import type { ControlObjects } from "../../mover/protocol/control-objects.js";
import { controlNames } from "../../mover/protocol/object-names.js";
import type { CloudAccount, Compute, Tags } from "../../ports/index.js";
import { isGivenAway, isWritten } from "../tags/restore-tags.js";
import type { ControlSurvey, FoundRestore } from "./living-engines.js";
import { attempt, decide, keep, type Reaping } from "./reaping.js";

/** An engine that was heard of within this time may still send the call before which it stood still: the note stays, and the next reaping looks again. */
const lateCallsMs = 3_600_000;

/** A restore that is looked after, and where it made what it made. */
interface Dead {
  readonly reaping: Reaping;
  readonly control: ControlObjects;
  readonly restore: FoundRestore;
  readonly compute: Compute;
  readonly nowMs: number;
}

/** Removes what dead restores left, by their notes in the bucket (docs/workers.md, section 9). */
export async function reapRestores(reaping: Reaping, control: ControlObjects, { restores, hidesRestore, nowMs }: ControlSurvey): Promise<void> {
  const goneOnWith = new Set(restores.filter(({ isLiving }) => isLiving).map(({ document }) => document.restoreId));
  for (const restore of restores) {
    const { accountId, region, restoreId, session, state } = restore.document;
    const note = { kind: "restore" as const, id: controlNames.restore(session), region };
    // what a reaping has taken over has no engine any more, however lately that was
    if (restore.isLiving && state !== "reaping") keep(reaping, note);
    else if (state === "made") await attempt(reaping, note.id, async () => await removeNote(reaping, control, restore));
    else if (restoreId !== undefined && goneOnWith.has(restoreId)) keep(reaping, { ...note, reason: "another engine goes on with it" });
    else if (restoreId !== undefined && hidesRestore) keep(reaping, { ...note, reason: "a damaged note may be of an engine that goes on with it: see findings" });
    else {
      const isKeptFor = (why: string): void => keep(reaping, { ...note, reason: `its engine is gone, and it was in the account ${accountId}, ${why}: reap({ accounts })` });
      await attempt(reaping, note.id, async () => {
        const { account, isGiven } = await findAccount(reaping, accountId);
        if (account === undefined) {
          isKeptFor("which was not given");
          return;
        }
        const dead = { reaping, control, restore, compute: account.compute(region), nowMs };
        try {
          await (restoreId === undefined ? reapForGood(dead) : tellOf(dead, restoreId));
        } catch (error) {
          // who launches workers need not be who may look for snapshots
          if (isGiven || !isCode(error, "AccessDenied")) throw error;
          isKeptFor("where the pool itself may not look for it");
        }
      });
    }
  }
}

/** What no call can go on with. From the note's new version on nothing of it can become a result. */
async function reapForGood({ reaping, control, restore, compute, nowMs }: Dead): Promise<void> {
  const { options } = reaping;
  const { document, etag, saidAt } = restore;
  const { region } = compute;
  const note = { kind: "restore" as const, id: controlNames.restore(document.session), region };
  let latest = restore;
  if (document.state === "making" && options.dryRun !== true) {
    const taken = { ...document, state: "reaping" as const, silentSince: saidAt.toISOString() };
    const takenEtag = await control.replace(note.id, taken, etag, options);
    if (takenEtag === false) {
      keep(reaping, note);
      return;
    }
    latest = { ...restore, document: taken, etag: takenEtag };
  }
  const failuresBefore = reaping.failures.length;
  for await (const snapshot of compute.snapshotsByTags(document.tags, options)) {
    const { snapshotId: id, tags } = snapshot;
    if (!isWritten(snapshot) || !carries(tags, document.tags)) continue;
    await decide(reaping, { kind: "snapshot", id, region, isKept: false, reason: `the restore ${document.session} died before it was done` }, async () => await compute.deleteSnapshot(id, options));
  }
  let isWatched = reaping.failures.length > failuresBefore;
  for await (const { volumeId: id, tags, attachment } of compute.volumesByTags(document.tags, options)) {
    if (attachment !== undefined || !carries(tags, document.tags)) continue;
    keep(reaping, { kind: "volume", id, region, reason: `the restore ${document.session} made it, and never said that it was done: once it is available it is whole, and yours to use or to delete` });
    isWatched = true;
  }
  const silentSinceMs = new Date(latest.document.silentSince ?? saidAt).getTime();
  if (isWatched) keep(reaping, { ...note, reason: "something that it made is still there" });
  else if (nowMs - silentSinceMs <= lateCallsMs) keep(reaping, { ...note, reason: "its engine was heard of within the hour: the next reaping looks again" });
  else await removeNote(reaping, control, latest);
}

/** What a call with the restore's id goes on with stays, and is told; what EBS gave up serves nobody. */
async function tellOf({ reaping, control, restore, compute }: Dead, restoreId: string): Promise<void> {
  const { options } = reaping;
  const { tags: wanted, session } = restore.document;
  const { region } = compute;
  const failuresBefore = reaping.failures.length;
  let isWatched = false;
  for await (const { snapshotId: id, tags, state } of compute.snapshotsByTags(wanted, options)) {
    if (!carries(tags, wanted) || isGivenAway(tags)) continue;
    if (state === "error") await decide(reaping, { kind: "snapshot", id, region, isKept: false, reason: `EBS gave it up: the restore ${restoreId} wrote nothing into it for an hour` }, async () => await compute.deleteSnapshot(id, options));
    else {
      keep(reaping, { kind: "snapshot", id, region, reason: `it is a part of the restore ${restoreId}, whose engine is gone: call again with that id to go on, or take it back: restore.undoInstance("${restoreId}") for an instance or a replaced volume, and deletion for a volume or snapshot` });
      isWatched = true;
    }
  }
  const note = { kind: "restore" as const, id: controlNames.restore(session), region };
  if (isWatched || reaping.failures.length > failuresBefore) keep(reaping, { ...note, reason: "something that it made is still there" });
  else await removeNote(reaping, control, restore);
}

async function findAccount({ context, options }: Reaping, accountId: string): Promise<{ readonly account?: CloudAccount; readonly isGiven: boolean }> {
  const call = { signal: options.signal };
  for (const account of options.accounts ?? []) if ((await account.accountId(call)) === accountId) return { account, isGiven: true };
  const { account } = context.options;
  return (await account.accountId(call)) === accountId ? { account, isGiven: false } : { isGiven: false };
}

/** Only the version that was judged: an engine may have woken. */
async function removeNote(reaping: Reaping, { store }: ControlObjects, { document, etag }: FoundRestore): Promise<void> {
  const { dryRun, signal } = reaping.options;
  const note = { kind: "restore" as const, id: controlNames.restore(document.session), region: document.region };
  try {
    if (dryRun !== true) await store.delete(note.id, { etag, signal });
  } catch (error) {
    if (!isCode(error, "ConditionFailed")) throw error;
    keep(reaping, note);
    return;
  }
  reaping.removed.push({ ...note, reason: "its engine is gone, and nothing that it made is left" });
}

function isCode(error: unknown, code: string): boolean {
  return HoldfastError.isInstance(error) && error.code === code;
}

/** How the provider reads a filter decides nothing about deletion. */
function carries(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([key, value]) => tags[key] === value);
}
