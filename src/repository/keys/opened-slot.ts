import { createHash } from "node:crypto";

/** A key slot as it was when it opened the repository. */
export interface OpenedSlot {
  /** The object's name. */
  readonly name: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

export function openedSlotOf(name: string, bytes: Buffer): OpenedSlot {
  return { name, bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}
