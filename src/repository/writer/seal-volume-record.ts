import { objectNames } from "../format/object-names.js";
import { sealPointRecord, type RecordMetadata } from "../format/record.js";
import type { BlockMap } from "../map/block-map.js";
import type { StoredRoot } from "../map/meta-pack-writer.js";
import type { WriterParts } from "./volume-writer-parts.js";
import { recordCounts, type WriteCounts } from "./write-counts.js";

/** What a record says beside where its map lies. */
export interface RecordContent {
  readonly groupName: string;
  readonly metadata: Omit<RecordMetadata, "counts">;
  readonly counts: WriteCounts;
}

/** A record that is ready to be put. */
export interface SealedRecord {
  readonly name: string;
  readonly bytes: Buffer;
  readonly nonce: string;
  readonly sequence: number;
  /** The volume's number among those whose locks are kept. */
  readonly volume: number;
}

/** Seals the record of a stored map, after all that the map reaches is locked for as long as that is promised. */
export async function sealVolumeRecord(parts: WriterParts, parent: BlockMap | undefined, { pointer, metaPack }: StoredRoot, { groupName, metadata, counts }: RecordContent): Promise<SealedRecord> {
  const { context, stream, session, head, cover, options } = parts;
  const sequence = head.sequence + 1;
  const name = objectNames.record(stream, sequence);
  const nonce = context.random.bytes(16).toString("hex");
  const { versionId, ...pack } = metaPack;
  const origin = {
    root: { offset: pointer.offset, length: pointer.length, check: pointer.check.toString("hex") },
    metaPack: { ...pack, id: { ...pack.id, kind: "meta" as const }, sha256: pack.sha256.toString("hex"), ordinal: pointer.ordinal, ...(versionId !== undefined && { versionId }) },
  };
  const inherited = parent === undefined ? undefined : { nextOrdinal: parent.root.nextOrdinal, lockedUntilMs: head.point?.structure.lockedUntilMs ?? 0 };
  const { createdAt, lockedUntilMs, volume } = await cover.coverVolume({ map: { structure: origin }, inherited }, options);
  const bytes = sealPointRecord(
    context.keys,
    name,
    {
      stream,
      sequence,
      previous: head.hash,
      parent: parent === undefined ? null : (head.point?.structure.sequence ?? null),
      session: session.id,
      nonce,
      gcEpoch: session.epoch,
      createdAt: createdAt.toISOString(),
      group: groupName,
      ...(lockedUntilMs !== undefined && { lockedUntilMs }),
      ...origin,
    },
    { ...metadata, counts: recordCounts(counts) },
  );
  return { name, bytes, nonce, sequence, volume };
}
