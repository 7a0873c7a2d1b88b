import { ConflictError, HoldfastError, NotFoundError, PartialFailureError } from "../../errors/index.js";
import { optionError } from "../../options/option-error.js";
import type { Clock, KeyProvider, ObjectStore } from "../../ports/index.js";
import { objectNames } from "../format/object-names.js";
import type { SignalOptions } from "../repository-context.js";
import type { KeyRing } from "../keys/key-ring.js";
import { purgeVersions } from "./purge-versions.js";
import { readSlots } from "./read-slots.js";
import { notedRemovals, noteRemoval } from "./removal-note.js";
import { isGenuine, type KeySlot } from "../format/slot-document.js";
import { openSlot } from "./slot-secret.js";

/** What a removal knows beside the slot. */
export interface RemovalContext {
  readonly store: ObjectStore;
  readonly keys: KeyRing;
  readonly clock: Pick<Clock, "now">;
  /** Whom to ask whether a KMS slot still opens. */
  readonly keyProvider: KeyProvider | undefined;
  /** Slots that opened in this process. */
  readonly proven: ReadonlySet<string>;
}

/**
 * Removes a slot, unless no owner's slot that is known to open would remain.
 *
 * Two removals at the same time must not each rely on what the other removes. So each says first, by a note of its own,
 * what it is about to remove; then looks at what others noted, and only then at the slots. Of two that meet, at least one
 * sees the other's note and does not count that slot. No clock, no lock: what a crash leaves behind only makes others more
 * careful, until the removal is asked for again. The note of a removal that was done stays, so that nobody takes the slot
 * for lost and brings it back.
 */
export async function removeSlot(context: RemovalContext, slotId: string, options: SignalOptions = {}): Promise<void> {
  if (typeof slotId !== "string" || !/^[0-9a-f]{16}$/.test(slotId)) {
    throw optionError("slotId", "must be a key slot's id, 16 hexadecimal digits, as repository.keys.list() gives it.");
  }
  const { store } = context;
  const name = objectNames.keySlot(slotId);
  const stored = await store.head(name, options);
  if (stored === undefined) {
    await purge(store, slotId, options);
    throw new NotFoundError(`There is no key slot ${slotId} in the repository at ${store.location}. repository.keys.list() lists those that are there.`, { code: "KeySlotNotFound", context: { slot: slotId } });
  }
  if (stored.lock !== undefined && stored.lock.until > context.clock.now()) throw locked(slotId, stored.lock.until);
  let note: string | undefined;
  try {
    note = await noteRemoval(store, context.keys, slotId, options);
    await assertOneRemains(context, slotId, options);
    await deleteSlot(store, slotId, options);
  } catch (error) {
    if (note !== undefined) await withdraw(store, note, name, error);
    throw error;
  }
  await purge(store, slotId, options);
}

async function assertOneRemains(context: RemovalContext, slotId: string, options: SignalOptions): Promise<void> {
  const { store, keys } = context;
  // Before the slots: what was noted and is done by now shows in them.
  const leaving = await notedRemovals(store, keys, options);
  const begun: string[] = [];
  for await (const { id, slot } of readSlots(store, keys.repositoryId.toString("hex"), options)) {
    if (leaving.has(id) && id !== slotId) begun.push(id);
    if (id === slotId || leaving.has(id) || slot?.role !== "owner" || !isGenuine(keys, slot)) continue;
    if (context.proven.has(id) || (await isKnownToOpen(context, slot, options))) return;
  }
  throw new ConflictError(
    `Key slot ${slotId} is not removed: no other owner's slot that is known to open would remain, and the repository's data would be lost with it. Add another first (repository.keys.add).${begun.length > 0 ? ` Slots whose removal was begun do not count: ${begun.join(", ")}; finish that by removing them again.` : ""}`,
    { code: "LastOwnerSlot", context: { slot: slotId, leaving: begun } },
  );
}

/** A genuine slot opened when it was added, and opens with its secret. A KMS slot does so only while its key can be used: so ask. */
async function isKnownToOpen({ keyProvider: provider }: RemovalContext, slot: KeySlot, options: SignalOptions): Promise<boolean> {
  if (slot.kind !== "kms") return true;
  if (provider === undefined) return false;
  try {
    return (await openSlot(slot, { kind: "kms", keyId: slot.kms.keyId, provider }, options)) !== undefined;
  } catch (error) {
    options.signal?.throwIfAborted();
    // Disabled, denied, gone: not one to rely on, whatever the reason.
    if (HoldfastError.isInstance(error)) return false;
    throw error;
  }
}

async function deleteSlot(store: ObjectStore, slotId: string, options: SignalOptions): Promise<void> {
  const name = objectNames.keySlot(slotId);
  try {
    await store.delete(name, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!HoldfastError.isInstance(error)) throw error;
    // The reply may have been lost, and not the deed.
    if ((await store.head(name, options)) !== undefined) throw error;
  }
}

function locked(slotId: string, until: Date): ConflictError {
  const lockedUntil = until.toISOString();
  return new ConflictError(`Key slot ${slotId} is locked until ${lockedUntil} and cannot be removed before. Whoever has its secret can open the repository until then.`, {
    code: "KeySlotLocked",
    context: { slot: slotId, lockedUntil },
  });
}

/** On a bucket with versions a deleted slot is only hidden: whoever could undo that would have a way in again. */
async function purge(store: ObjectStore, slotId: string, options: SignalOptions): Promise<void> {
  try {
    await purgeVersions(store, objectNames.keySlot(slotId), options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!HoldfastError.isInstance(error)) throw error;
    throw new PartialFailureError(`Key slot ${slotId} opens the repository no more, but its old versions are still stored, and whoever may read them can use its secret: ${error.message} Allow that, and remove the slot again.`, {
      code: "KeySlotVersionsRemain",
      failures: [{ resource: slotId, error }],
      completed: [],
      context: { slot: slotId },
      cause: error,
    });
  }
}

/** Takes the note back while the slot is still there. Where that cannot be told, it stays, and does no harm. */
async function withdraw(store: ObjectStore, note: string, slotName: string, cause: unknown): Promise<void> {
  try {
    if ((await store.head(slotName)) !== undefined) await store.delete(note);
  } catch (error) {
    if (!HoldfastError.isInstance(error) || !HoldfastError.isInstance(cause)) throw error;
  }
}
