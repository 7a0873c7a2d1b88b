import { createHash } from "node:crypto";
import * as z from "zod";
import type { KeyRing } from "../keys/key-ring.js";
import { recordOf } from "../../options/record-of.js";
import { damagedObject } from "../store/damage-errors.js";
import { openEnvelope, openEnvelopeStructure, sealEnvelope } from "./envelope.js";

/** The kinds of records in a stream's log, as stored. */
export const recordKinds = { point: 1, fence: 2, tombstone: 3 } as const;

const hexSchema = (bytes: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${String(bytes * 2)}}$`));
const countSchema = z.int().min(0);
const dateSchema = z.iso.datetime();

const structureSchema = z.object({
  stream: hexSchema(16),
  sequence: z.int().min(1),
  previous: hexSchema(32).nullable(),
  parent: z.int().min(1).nullable(),
  session: hexSchema(16),
  nonce: hexSchema(16),
  gcEpoch: countSchema,
  createdAt: dateSchema,
  group: z.string(),
  /** In an immutable repository: all packs that the point reaches are locked at least until then. Milliseconds since 1970. */
  lockedUntilMs: countSchema.optional(),
  root: z.object({ offset: countSchema, length: countSchema, check: hexSchema(16) }),
  metaPack: z.object({
    ordinal: countSchema,
    id: z.object({ kind: z.literal("meta"), sessionId: hexSchema(16), number: countSchema }),
    sizeBytes: countSchema,
    sha256: hexSchema(16),
    versionId: z.string().optional(),
    lockedUntilMs: countSchema,
  }),
});

const countsSchema = z.object({
  /** Blocks read from the source for this point. */
  readBlocks: countSchema,
  /** Blocks of those that were all zeros. */
  zeroBlocks: countSchema,
  /** Blocks of those whose content the repository had already. */
  knownBlocks: countSchema,
  /** Blocks of those stored anew. */
  storedBlocks: countSchema,
  /** Bytes of frames, compressed and sealed, that were stored anew. */
  storedBytes: countSchema,
  /** Unchanged blocks that were read again and compared with the map. */
  auditedBlocks: countSchema,
});

const metadataSchema = z.object({
  resource: z.string(),
  volumeId: z.string().optional(),
  snapshotId: z.string().optional(),
  baseSnapshotId: z.string().optional(),
  volumeSizeBytes: countSchema,
  method: z.enum(["full", "incremental"]),
  /** Why a full was taken where an increment was possible in principle. */
  fullReason: z.string().optional(),
  counts: countsSchema,
  startedAt: dateSchema,
  finishedAt: dateSchema,
  volume: recordOf(z.unknown()).optional(),
  /** Which record of the same volume, in the repository that was copied from, this is a copy of: what a later copy builds on. */
  copiedFrom: z.object({ repositoryId: hexSchema(16), sequence: z.int().min(1), hash: hexSchema(32) }).optional(),
});

/** Fences and tombstones: what they say is for people, that they are there is what counts. */
const otherSchema = z.looseObject({ stream: hexSchema(16), sequence: z.int().min(1) }).transform(() => undefined);

/** A place in a log that was taken so that a session that is late can not write there. */
export interface FenceStructure {
  readonly stream: string;
  readonly sequence: number;
  /** The session that was late. */
  readonly session: string;
  /** The collection that waited for it. */
  readonly collection: string;
}

/** What a record leaves behind when its restore point was removed. */
export interface TombstoneStructure {
  readonly stream: string;
  readonly sequence: number;
  /** SHA-256 of the record that was there, hex. */
  readonly hash: string;
  readonly createdAt: string;
}

export type RecordStructure = z.infer<typeof structureSchema>;
export type RecordMetadata = z.infer<typeof metadataSchema>;
/** What the backup of one volume did, in blocks and bytes. */
export type BackupCounts = z.infer<typeof countsSchema>;

/** A volume's part of a restore point, as its log holds it. */
export interface PointRecord {
  readonly structure: RecordStructure;
  readonly metadata: RecordMetadata;
  /** SHA-256 of the record as stored, hex. */
  readonly hash: string;
}

export function recordHash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Whether an object of this size can be a point's record: fences and tombstones have an odd number of bytes, so that a listing tells. */
export function isPointRecordSize(sizeBytes: number): boolean {
  return sizeBytes % 2 === 0;
}

export function sealPointRecord(keys: KeyRing, name: string, structure: RecordStructure, metadata: RecordMetadata): Buffer {
  return sealEnvelope(keys, name, "HFRC", { kind: recordKinds.point, structure, metadata }, "even");
}

export function sealFence(keys: KeyRing, name: string, structure: FenceStructure): Buffer {
  return sealEnvelope(keys, name, "HFRC", { kind: recordKinds.fence, structure, metadata: undefined }, "odd");
}

export function sealTombstone(keys: KeyRing, name: string, structure: TombstoneStructure): Buffer {
  return sealEnvelope(keys, name, "HFRC", { kind: recordKinds.tombstone, structure, metadata: undefined }, "odd");
}

/** Opens the structure part of a point's record alone; `undefined` where it is a fence or a tombstone. */
export function openRecordStructure(keys: KeyRing, name: string, bytes: Buffer): RecordStructure | undefined {
  const { kind, structure } = openEnvelopeStructure<RecordStructure | undefined>(keys, name, "HFRC", bytes, (found) => (found === recordKinds.point ? structureSchema : otherSchema));
  if ((kind === recordKinds.point) !== isPointRecordSize(bytes.length)) throw damagedObject(name, "its length is not one of its kind");
  return kind === recordKinds.point ? structure : undefined;
}

/** Opens a record; `undefined` where it is a fence or a tombstone. */
export function openRecord(keys: KeyRing, name: string, bytes: Buffer): PointRecord | undefined {
  if (openRecordStructure(keys, name, bytes) === undefined) return undefined;
  const { structure, metadata } = openEnvelope(keys, name, "HFRC", bytes, { structure: structureSchema, metadata: metadataSchema });
  if (metadata === undefined) throw damagedObject(name, "it is a point without its metadata");
  return { structure, metadata, hash: recordHash(bytes) };
}
