import * as z from "zod";
import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal } from "../keys/sealed-box.js";
import { damagedObject } from "../store/damage-errors.js";
import { maxZeroBits, type IndexLevel } from "./index-level.js";
import { objectNames } from "./object-names.js";

const generationSchema = z.string().regex(/^[0-9a-f]{20}$/);
const countSchema = z.int().min(0).max(2 ** 40);

const manifestSchema = z.object({
  version: z.literal(1),
  /** Another one with every change: who wrote it knows its own. */
  change: z.string().regex(/^[0-9a-f]{32}$/),
  /** A generation that is being written. */
  building: generationSchema.nullable(),
  levels: z.array(z.object({ generation: generationSchema, packs: countSchema.max(2 ** 32), entries: z.array(countSchema).length(maxZeroBits + 1) })).max(1000),
});

/** What maintenance has merged: the levels of the index, those with newer entries last. */
export interface IndexManifest {
  readonly change: string;
  readonly building: string | null;
  readonly levels: readonly IndexLevel[];
}

export function sealIndexManifest(keys: KeyRing, manifest: IndexManifest): Buffer {
  return seal(sealOf(keys), Buffer.from(JSON.stringify({ version: 1, ...manifest })));
}

/** Opens the manifest; raises `IntegrityError` where it is damaged or of a version that is not known. */
export function openIndexManifest(keys: KeyRing, bytes: Buffer): IndexManifest {
  const name = objectNames.indexManifest;
  const parsed = manifestSchema.safeParse(jsonOf(unseal(sealOf(keys), bytes)));
  if (!parsed.success) throw damagedObject(name, "what it says is not what version 1 writes", parsed.error);
  const { change, building, levels } = parsed.data;
  return { change, building, levels };
}

/** `undefined`, which no schema takes, where it is no JSON. */
function jsonOf(plain: Buffer): unknown {
  try {
    return JSON.parse(plain.toString("utf8"));
  } catch {
    return undefined;
  }
}

function sealOf(keys: KeyRing): { key: Buffer; repositoryId: Buffer; name: string; label: string } {
  return { key: keys.structure, repositoryId: keys.repositoryId, name: objectNames.indexManifest, label: "index manifest" };
}
