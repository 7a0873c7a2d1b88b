import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { ObjectStore } from "../../ports/index.js";
import { objectNames, removedSlotOf } from "../format/object-names.js";
import type { SignalOptions } from "../signal-options.js";
import type { KeyRing } from "../keys/key-ring.js";
import { isDamage } from "../store/damage.js";

/** More notes than this are not read: their slots count as leaving, which only makes removals more careful. */
const maxReadNotes = 1024;

/** Says that an owner removes a slot: before it is done, and for good afterwards, so that nobody takes the slot for lost and brings it back. Gives the note's name. */
export async function noteRemoval(store: ObjectStore, keys: KeyRing, slotId: string, options: SignalOptions = {}): Promise<string> {
  const name = objectNames.keySlotRemoval(slotId, randomBytes(8).toString("hex"));
  await store.put(name, noteOf(keys, name), { condition: "absent", ...options });
  return name;
}

/** The slots that owners remove or have removed. What others wrote there says nothing. */
export async function notedRemovals(store: Pick<ObjectStore, "get" | "list">, keys: KeyRing, options: SignalOptions = {}): Promise<Set<string>> {
  const slots = new Set<string>();
  let read = 0;
  for await (const { name, sizeBytes } of store.list(objectNames.keySlotRemovals, options)) {
    const slotId = removedSlotOf(name);
    if (slotId === undefined || slots.has(slotId) || sizeBytes !== noteBytes) continue;
    read += 1;
    if (read > maxReadNotes || (await isGenuineNote(store, keys, name, options))) slots.add(slotId);
  }
  return slots;
}

/** Whether a slot that is not there was removed by an owner. Who is none takes any note for true: it brings nothing back then. */
export async function isRemovalNoted(store: Pick<ObjectStore, "get" | "list">, keys: KeyRing, slotId: string, options: SignalOptions = {}): Promise<boolean> {
  for await (const { name, sizeBytes } of store.list(objectNames.keySlotRemovalsOf(slotId), options)) {
    if (sizeBytes === noteBytes && (!keys.holds("slots") || (await isGenuineNote(store, keys, name, options)))) return true;
  }
  return false;
}

async function isGenuineNote(store: Pick<ObjectStore, "get">, keys: KeyRing, name: string, options: SignalOptions): Promise<boolean> {
  try {
    const { body } = await store.get(name, options);
    return body.length === noteBytes && timingSafeEqual(body, noteOf(keys, name));
  } catch (error) {
    // Withdrawn since it was listed, or damaged.
    if (isDamage(error)) return false;
    throw error;
  }
}

const noteBytes = 64;

/** A note is the MAC of its own name, in hex. */
function noteOf(keys: KeyRing, name: string): Buffer {
  return Buffer.from(createHmac("sha256", keys.slots).update(name).digest("hex"));
}
