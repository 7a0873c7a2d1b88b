import { createHash } from "node:crypto";
import { damageOf } from "../store/damage-errors.js";
import type { PackReference } from "../format/dictionary-page.js";
import { objectNames } from "../format/object-names.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import { openFrame } from "../pack/frame-codec.js";
import { openDirectory } from "../pack/read-directory.js";
import { isCorruption } from "../store/damage.js";
import { getPinned } from "../store/get-pinned.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { SuspectPack } from "./verification.js";
import { isGone } from "../store/store-answers.js";

/** What reading a whole pack showed. */
export interface ReadPack {
  /** Blocks that opened and are what their ids say. */
  readonly blocks: number;
  readonly suspect: SuspectPack | undefined;
}

/** Reads every byte of a pack; twice before it is called damaged, for bytes may be spoiled on their way. */
export async function verifyPack(context: RepositoryContext, reference: PackReference, options: SignalOptions): Promise<ReadPack> {
  const first = await readPack(context, reference, options);
  if (first.suspect === undefined || first.suspect.isMissing) return first;
  const second = await readPack(context, reference, options);
  if (second.suspect === undefined) context.logger.warn("a pack came damaged once and whole when it was read again: something between here and the store spoils data", { object: objectNames.pack(reference.id) });
  return second;
}

async function readPack({ store, keys }: RepositoryContext, reference: PackReference, { signal }: SignalOptions): Promise<ReadPack> {
  const name = objectNames.pack(reference.id);
  let body: Buffer;
  try {
    ({ body } = await getPinned(store, name, { versionId: reference.versionId, signal }));
  } catch (error) {
    if (isGone(error)) return { blocks: 0, suspect: { problem: `${name} is missing.`, isMissing: true, frames: [] } };
    if (isCorruption(error)) return { blocks: 0, suspect: { problem: damageOf(error), isMissing: false, frames: [] } };
    throw error;
  }
  const isThatSize = body.length === reference.sizeBytes;
  // a digest of zeros says that it is not known
  const isKnown = reference.sha256.some((byte) => byte !== 0);
  const isThatPack = isThatSize && (!isKnown || createHash("sha256").update(body).digest().subarray(0, 16).equals(reference.sha256));
  const problem = isThatSize ? `${name} is not what was stored: its SHA-256 is another.` : `${name} has ${String(body.length)} bytes, not ${String(reference.sizeBytes)}.`;
  if (reference.id.kind === "meta") return { blocks: 0, suspect: isThatPack ? undefined : { problem, isMissing: false, frames: [] } };
  let entries: readonly DirectoryEntry[];
  try {
    entries = openDirectory(keys, name, body);
  } catch (error) {
    if (!isCorruption(error)) throw error;
    return { blocks: 0, suspect: { problem: isThatPack ? damageOf(error) : `${problem} ${damageOf(error)}`, isMissing: false, frames: [] } };
  }
  const frames = entries.filter((entry) => !opens(() => openFrame(keys, body.subarray(entry.offset, entry.offset + entry.length), entry)));
  const blocks = entries.length - frames.length;
  if (isThatPack && frames.length === 0) return { blocks, suspect: undefined };
  const damaged = frames.map(({ offset, length, blockId }) => ({ offset, length, blockId: blockId.toString("hex") }));
  const count = frames.length === 0 ? "" : ` ${String(frames.length)} of its ${String(entries.length)} blocks do not open.`;
  return { blocks, suspect: { problem: isThatPack ? `${name} is as it was stored, and yet damaged.${count}` : problem + count, isMissing: false, frames: damaged } };
}

function opens(open: () => unknown): boolean {
  try {
    open();
    return true;
  } catch (error) {
    if (!isCorruption(error)) throw error;
    return false;
  }
}
