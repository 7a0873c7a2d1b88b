import * as z from "zod";
import type { IntegrityError } from "../../errors/index.js";
import type { KeyRing } from "../keys/key-ring.js";
import { recordOf } from "../../options/record-of.js";
import { damagedObject } from "../store/damage-errors.js";
import { openEnvelope, openEnvelopeStructure, sealEnvelope } from "./envelope.js";

const groupKinds = { point: 1, withdrawn: 2 } as const;

/** A stream's name is a part of objects' names: of no other form, whoever sealed it. */
const streamSchema = z.string().regex(/^[0-9a-f]{32}$/);
const membersSchema = z.array(z.object({ stream: streamSchema, sequence: z.int().min(1), hash: z.string().regex(/^[0-9a-f]{64}$/) }));

const structureSchema = z.object({
  id: z.string(),
  createdAt: z.iso.datetime(),
  /** In an immutable repository: all that the point reaches is locked at least until then. */
  protectedUntil: z.iso.datetime().optional(),
  members: membersSchema.min(1),
});

const withdrawnSchema = z.object({
  id: z.string(),
  withdrawnAt: z.iso.datetime(),
  members: membersSchema,
});

const metadataSchema = z.object({
  /** `<account>/<region>/<id>`, or the name that a raw image's owner gave it. */
  resource: z.string(),
  kind: z.enum(["instance", "volume", "image"]),
  name: z.string().optional(),
  tags: recordOf(z.string()),
  policy: z.string().optional(),
  instance: recordOf(z.unknown()).optional(),
  /** Of which restore point of another repository this is a copy: of the first one, where copies were copied. */
  copiedFrom: z.object({ repositoryId: z.string(), pointId: z.string(), createdAt: z.iso.datetime(), copiedAt: z.iso.datetime() }).optional(),
  volumes: z.array(
    z.object({
      stream: streamSchema,
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
/** What is left of a restore point that was removed, or of a name that shall never become one. */
export type WithdrawnGroup = z.infer<typeof withdrawnSchema>;

/** A restore point as stored: which records belong together, and of what. */
export interface Group {
  readonly structure: GroupStructure;
  readonly metadata: GroupMetadata;
}

/** What a group's object says, as far as whoever holds the structure key alone can read it. */
export type GroupState = { readonly kind: "point"; readonly structure: GroupStructure } | { readonly kind: "withdrawn"; readonly structure: WithdrawnGroup };

/** Whether an object of this size can be a restore point: withdrawn groups have an odd number of bytes, so that a listing tells. */
export function isPointSize(sizeBytes: number): boolean {
  return sizeBytes % 2 === 0;
}

export function sealGroup(keys: KeyRing, name: string, group: Group): Buffer {
  return sealEnvelope(keys, name, "HFGR", { kind: groupKinds.point, ...group }, "even");
}

export function sealWithdrawnGroup(keys: KeyRing, name: string, structure: WithdrawnGroup): Buffer {
  return sealEnvelope(keys, name, "HFGR", { kind: groupKinds.withdrawn, structure, metadata: undefined }, "odd");
}

/** Opens a restore point's group; `undefined` where it is withdrawn. */
export function openGroup(keys: KeyRing, name: string, bytes: Buffer): Group | undefined {
  if (openGroupState(keys, name, bytes).kind === "withdrawn") return undefined;
  const { structure, metadata } = openEnvelope(keys, name, "HFGR", bytes, { structure: structureSchema, metadata: metadataSchema });
  if (metadata === undefined) throw notAGroup(name);
  return { structure, metadata };
}

/** Opens the structure part alone: what collection and withdrawing need. */
export function openGroupState(keys: KeyRing, name: string, bytes: Buffer): GroupState {
  const { kind, structure } = openEnvelopeStructure<GroupStructure | WithdrawnGroup>(keys, name, "HFGR", bytes, (found) => (found === groupKinds.withdrawn ? withdrawnSchema : structureSchema));
  if ((kind === groupKinds.point) !== isPointSize(bytes.length)) throw notAGroup(name);
  if (kind === groupKinds.point && "createdAt" in structure) return { kind: "point", structure };
  if (kind === groupKinds.withdrawn && "withdrawnAt" in structure) return { kind: "withdrawn", structure };
  throw notAGroup(name);
}

function notAGroup(name: string): IntegrityError {
  return damagedObject(name, "it is not the group of a restore point");
}
