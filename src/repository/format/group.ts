import { z } from "zod";
import { IntegrityError } from "../../errors/index.js";
import type { KeyRing } from "../keys/key-ring.js";
import { openEnvelope, sealEnvelope } from "./envelope.js";

const groupKind = 1;

const structureSchema = z.object({
  id: z.string(),
  createdAt: z.iso.datetime(),
  members: z.array(z.object({ stream: z.string(), sequence: z.int().min(1), hash: z.string().regex(/^[0-9a-f]{64}$/) })).min(1),
});

const metadataSchema = z.object({
  /** `<account>/<region>/<id>`, or the name that a raw image's owner gave it. */
  resource: z.string(),
  kind: z.enum(["instance", "volume", "image"]),
  name: z.string().optional(),
  tags: z.record(z.string(), z.string()),
  policy: z.string().optional(),
  instance: z.record(z.string(), z.unknown()).optional(),
  volumes: z.array(
    z.object({
      stream: z.string(),
      sequence: z.int().min(1),
      volumeId: z.string(),
      deviceName: z.string().optional(),
      sizeBytes: z.int().min(0),
      snapshotId: z.string().optional(),
    }),
  ),
});

/** Which records belong together. */
export type GroupStructure = z.infer<typeof structureSchema>;
/** What a restore point is of: the resource, its tags, and its volumes with how each was attached. */
export type GroupMetadata = z.infer<typeof metadataSchema>;

/** A restore point as stored: which records belong together, and of what. */
export interface Group {
  readonly structure: GroupStructure;
  readonly metadata: GroupMetadata;
}

export function sealGroup(keys: KeyRing, name: string, group: Group): Buffer {
  return sealEnvelope(keys, name, "HFGR", { kind: groupKind, ...group });
}

export function openGroup(keys: KeyRing, name: string, bytes: Buffer): Group {
  const { kind, structure, metadata } = openEnvelope(keys, name, "HFGR", bytes, { structure: structureSchema, metadata: metadataSchema });
  if (kind !== groupKind || metadata === undefined)
    throw new IntegrityError(`${name} is damaged: it is not the group of a restore point.`, { code: "DamagedObject", context: { object: name } });
  return { structure, metadata };
}
