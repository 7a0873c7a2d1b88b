import { HoldfastError } from "../../errors/index.js";
import type { ObjectInfo, ObjectStore } from "../../ports/index.js";
import { objectNames, slotIdOf } from "../format/object-names.js";
import type { SignalOptions } from "../repository-context.js";
import { decodeSlot, maxSlotBytes, type KeySlot } from "../format/slot-document.js";
import { isGone } from "../store/store-answers.js";

/** More slots than this are not read: whoever can write to the storage shall not keep others busy for long. */
export const maxReadSlots = 256;
/** Names beyond are not even listed. */
const maxListedSlots = 4096;

/** An object under `keys/`: a slot of this repository, or the reason why it is none. */
export interface StoredSlot {
  readonly id: string;
  /** The object's name. */
  readonly name: string;
  readonly slot: KeySlot | undefined;
  /** As it is stored; empty where it was not read. */
  readonly bytes: Buffer;
  /** Empty where it is a slot of this repository. */
  readonly problem: string;
  /** It is a slot, of another repository: what a lost race of two `Repository.create` may leave. */
  readonly isForeign: boolean;
}

/** Reads the repository's slots, the oldest first: what somebody adds later cannot crowd out what was there. Damaged ones come with their reason. */
export async function* readSlots(store: Pick<ObjectStore, "get" | "list">, repositoryId: string, options: SignalOptions = {}): AsyncGenerator<StoredSlot> {
  const found: ObjectInfo[] = [];
  for await (const info of store.list(objectNames.keySlots, options)) {
    if (slotIdOf(info.name) !== undefined) found.push(info);
    if (found.length >= maxListedSlots) break;
  }
  const timeOf = ({ modifiedAt }: ObjectInfo): number => modifiedAt?.getTime() ?? 0;
  found.sort((a, b) => timeOf(a) - timeOf(b) || (a.name < b.name ? -1 : 1));
  for (const info of found.slice(0, maxReadSlots)) {
    const slot = await readSlot(store, info, repositoryId, options);
    if (slot !== undefined) yield slot;
  }
}

async function readSlot(store: Pick<ObjectStore, "get">, { name, sizeBytes }: ObjectInfo, repositoryId: string, options: SignalOptions): Promise<StoredSlot | undefined> {
  const id = slotIdOf(name) ?? "";
  const none = (problem: string, isForeign = false): StoredSlot => ({ id, name, slot: undefined, bytes: Buffer.alloc(0), problem, isForeign });
  if (sizeBytes > maxSlotBytes) return none(`it has more than ${String(maxSlotBytes)} bytes`);
  let body: Buffer;
  try {
    ({ body } = await store.get(name, options));
  } catch (error) {
    // Removed since it was listed.
    if (isGone(error)) return undefined;
    if (HoldfastError.isInstance(error) && error.name === "IntegrityError") return none(error.message);
    throw error;
  }
  const decoded = decodeSlot(body, id);
  if ("problem" in decoded) return none(decoded.problem);
  if (decoded.repositoryId !== repositoryId) return none("it belongs to another repository", true);
  return { id, name, slot: decoded, bytes: body, problem: "", isForeign: false };
}
