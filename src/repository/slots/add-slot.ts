import { createHash } from "node:crypto";
import { HoldfastError, IntegrityError } from "../../errors/index.js";
import type { ObjectLock, ObjectStore } from "../../ports/index.js";
import { objectNames } from "../format/object-names.js";
import type { SignalOptions } from "../repository-context.js";
import { putOnce } from "../store/put-once.js";
import type { KeyRing } from "../keys/key-ring.js";
import { openedSlotOf, type OpenedSlot } from "../keys/opened-slot.js";
import { purgeVersions } from "./purge-versions.js";
import { decodeSlot, encodeSlot, isGenuine, type KeySlot } from "../format/slot-document.js";
import { openSlot, sealSlot, type SlotRequest } from "./slot-secret.js";

/** A slot that is to be made and stored. */
export interface AddSlotRequest extends SlotRequest {
  /** Of an immutable repository: how the slot is kept. */
  readonly lock: ObjectLock | undefined;
}

/** A slot that was stored, and opened as it is. */
export interface AddedSlot extends OpenedSlot {
  readonly slot: KeySlot;
}

/**
 * Stores a new slot, and proves that it opens: by reading back what is stored and opening it as `Repository.open` would.
 * Where any of that fails, the slot is removed again as far as the store lets us, and the failure raised.
 */
export async function addSlot(store: ObjectStore, keys: KeyRing, request: AddSlotRequest, options: SignalOptions = {}): Promise<AddedSlot> {
  const slot = await sealSlot(keys, request, options);
  const name = objectNames.keySlot(slot.slot);
  const bytes = encodeSlot(slot);
  try {
    await putSlot(store, name, bytes, { ...options, lock: request.lock });
    await prove(keys, slot, (await store.get(name, options)).body, request, options);
  } catch (error) {
    await discard(store, name, error);
    throw error;
  }
  return { ...openedSlotOf(name, bytes), slot };
}

/** A put whose reply was lost is looked for: it may well have been carried out. */
async function putSlot(store: ObjectStore, name: string, bytes: Buffer, options: SignalOptions & Pick<AddSlotRequest, "lock">): Promise<void> {
  const { lock, signal } = options;
  try {
    await putOnce(store, name, [bytes], { sha256: createHash("sha256").update(bytes).digest(), lock, signal });
  } catch (error) {
    signal?.throwIfAborted();
    const isThere = HoldfastError.isInstance(error) && error.name === "ProviderError" && (await store.head(name, { signal })) !== undefined;
    if (!isThere) throw error;
  }
}

async function prove(keys: KeyRing, slot: KeySlot, stored: Buffer, { source, role }: SlotRequest, options: SignalOptions): Promise<void> {
  const decoded = decodeSlot(stored, slot.slot);
  const opened = "problem" in decoded || !isGenuine(keys, decoded) ? undefined : await openSlot(decoded, source, options);
  if (opened?.equals(keys.secretOf(role)) === true) return;
  throw new IntegrityError(`The new key slot ${objectNames.keySlot(slot.slot)} does not open as it was stored: it was removed again. Try again; if it stays so, check the storage and this machine's memory.`, {
    code: "KeySlotUnproven",
    context: { slot: slot.slot, kind: slot.kind },
  });
}

/** What was not proven shall not stay; if it cannot be removed either, the first failure is still the one that counts, and says no more than it did. */
async function discard(store: ObjectStore, name: string, cause: unknown): Promise<void> {
  try {
    await store.delete(name);
    await purgeVersions(store, name);
  } catch (error) {
    if (!HoldfastError.isInstance(error) || !HoldfastError.isInstance(cause)) throw error;
  }
}
