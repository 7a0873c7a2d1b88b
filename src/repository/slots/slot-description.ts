import type { KeyRing } from "../keys/key-ring.js";
import type { KeyRole } from "../keys/key-role.js";
import type { KeySlotKind } from "../keys/key-source.js";
import type { StoredSlot } from "./read-slots.js";
import { isGenuine } from "../format/slot-document.js";

/** A key slot, for people: one way of opening the repository. No secret. */
export interface KeySlotDescription {
  /** 16 hexadecimal digits; the slot is the object `keys/<id>`. */
  readonly id: string;
  /** `genuine`: made by an owner and just as it was. `damaged`: not so. `unproven`: these keys cannot tell; an owner's can. */
  readonly state: "genuine" | "damaged" | "unproven";
  /** With what it is opened; absent where the slot cannot be read. */
  readonly kind?: KeySlotKind | undefined;
  readonly role?: KeyRole | undefined;
  readonly createdAt?: Date | undefined;
  /** What was said of it when it was added. */
  readonly label?: string | undefined;
  /** The KMS key's ARN. */
  readonly kmsKeyId?: string | undefined;
  /** What is wrong with it. */
  readonly problem?: string | undefined;
}

export function describeSlot(keys: KeyRing, { id, slot, problem }: StoredSlot): KeySlotDescription {
  if (slot === undefined) return { id, state: "damaged", problem };
  const { kind, role, label } = slot;
  const state = keys.role !== "owner" ? "unproven" : isGenuine(keys, slot) ? "genuine" : "damaged";
  return {
    id,
    state,
    kind,
    role,
    createdAt: new Date(slot.createdAt),
    ...(label === undefined ? {} : { label }),
    ...(slot.kind === "kms" ? { kmsKeyId: slot.kms.keyId } : {}),
    ...(state === "damaged" ? { problem: "no owner of this repository made it, or it was changed since" } : {}),
  };
}
