import * as z from "zod";
import { damagedObject } from "../store/damage-errors.js";
import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal } from "../keys/sealed-box.js";

const quarantineSchema = z.object({
  version: z.literal(1),
  /** The pack's name. */
  pack: z.string(),
  foundAt: z.iso.datetime(),
  /** Nothing of the pack can be relied on. */
  isWhole: z.boolean(),
  /** The frames that are damaged. */
  frames: z.array(z.object({ offset: z.int().min(0), length: z.int().min(0), blockId: z.string().regex(/^[0-9a-f]{32}$/) })).max(65_536),
  /** Every frame of it that a restore point needs is relocated: nothing is to be read again. */
  isHealed: z.boolean().optional(),
});

/** A pack known to be damaged (docs/repository-format.md, section 13). */
export type Quarantine = z.infer<typeof quarantineSchema>;
export type QuarantinedFrame = Quarantine["frames"][number];

export function sealQuarantine(keys: KeyRing, name: string, quarantine: Quarantine): Buffer {
  return seal(sealOf(keys, name), Buffer.from(JSON.stringify(quarantine)));
}

/** Opens a quarantine; raises `IntegrityError` where it is damaged. */
export function openQuarantine(keys: KeyRing, name: string, bytes: Buffer): Quarantine {
  const plain = unseal(sealOf(keys, name), bytes);
  try {
    return quarantineSchema.parse(JSON.parse(plain.toString("utf8")));
  } catch (cause) {
    throw damagedObject(name, "what it says is not what version 1 writes", cause);
  }
}

function sealOf(keys: KeyRing, name: string): { key: Buffer; repositoryId: Buffer; name: string; label: string } {
  return { key: keys.structure, repositoryId: keys.repositoryId, name, label: "quarantine" };
}
