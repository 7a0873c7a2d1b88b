import * as z from "zod";
import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal, type SealContext } from "../keys/sealed-box.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";

/** What a run was reading. */
export interface CheckpointSubject {
  /** The snapshot. */
  readonly source: string;
  readonly method: "full" | "incremental";
  /** The record that an incremental run's changes are told against. */
  readonly parent: { readonly sequence: number; readonly nonce: string } | null;
  readonly volumeSizeBytes: number;
}

/** What the source holds at a block: its id, zeros, or nothing any more. */
export type CheckpointContent = Buffer | "zero" | "removed";

/** One block that a run has taken in. */
export interface CheckpointEntry {
  readonly index: number;
  readonly content: CheckpointContent;
}

/** What a run has read between two blocks. */
export interface CheckpointPart extends CheckpointSubject {
  readonly from: number;
  /** The first block that is not covered. */
  readonly to: number;
  readonly entries: readonly CheckpointEntry[];
}

/** At most so many entries a part: a bound on what is read and held at once. */
export const maxCheckpointEntries = 65_536;
const maxHeaderBytes = 4_096;
const idBytes = 16;
const entryBytes = 4 + 1 + idBytes;
const kinds = { block: 1, zero: 2, removed: 3 } as const;
const noId = Buffer.alloc(idBytes);

const count = z.int().min(0);
const headerSchema = z.strictObject({
  source: z.string(),
  method: z.enum(["full", "incremental"]),
  parent: z.strictObject({ sequence: count, nonce: z.string() }).nullable(),
  volumeSizeBytes: count,
  from: count,
  to: count,
});

export function sealCheckpointPart(keys: KeyRing, name: string, { entries, ...header }: CheckpointPart): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const writer = new ByteWriter(12 + json.length + entries.length * entryBytes).u32(1).u32(json.length).bytes(json).u32(entries.length);
  for (const { index, content } of entries) {
    writer.u32(index).u8(typeof content === "string" ? kinds[content] : kinds.block).bytes(typeof content === "string" ? noId : content);
  }
  return seal(sealOf(keys, name), writer.finish());
}

/** Opens a part; raises `IntegrityError` where it is damaged. */
export function openCheckpointPart(keys: KeyRing, name: string, bytes: Buffer): CheckpointPart {
  const reader = new ByteReader(unseal(sealOf(keys, name), bytes), "checkpoint");
  const version = reader.u32();
  if (version !== 1) throw reader.fail(`its version is ${String(version)}, not 1`);
  const length = reader.u32();
  if (length > maxHeaderBytes) throw reader.fail("its header is too long");
  const header = parseHeader(reader, reader.bytes(length));
  const found = reader.u32();
  if (found > maxCheckpointEntries) throw reader.fail("it has too many entries");
  const entries: CheckpointEntry[] = [];
  let last = header.from - 1;
  for (let position = 0; position < found; position++) {
    const index = reader.u32();
    if (index <= last || index >= header.to) throw reader.fail("its entries are not in order");
    last = index;
    entries.push({ index, content: contentOf(reader) });
  }
  reader.end();
  return { ...header, entries };
}

function parseHeader(reader: ByteReader, json: Buffer): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(json.toString("utf8")));
  } catch {
    throw reader.fail("its header is not what version 1 writes");
  }
}

function contentOf(reader: ByteReader): CheckpointContent {
  const kind = reader.u8();
  const id = Buffer.from(reader.bytes(idBytes));
  if (kind === kinds.block) return id;
  if (kind === kinds.zero) return "zero";
  if (kind === kinds.removed) return "removed";
  throw reader.fail(`the kind ${String(kind)} is not known`);
}

function sealOf(keys: KeyRing, name: string): SealContext {
  return { key: keys.metadata, repositoryId: keys.repositoryId, name, label: "checkpoint" };
}
