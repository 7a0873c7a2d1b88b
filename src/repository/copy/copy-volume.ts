import { blockSizeBytes, zeroBlockSha256 } from "../../ports/index.js";
import { ProgressMeter } from "../../session/index.js";
import type { GroupMetadata } from "../format/group.js";
import type { PointRecord } from "../format/record.js";
import { BlockMap } from "../map/block-map.js";
import type { PointWriter } from "../writer/point-writer.js";
import type { VolumeWriter } from "../writer/volume-writer.js";
import { changedSlots } from "./changed-slots.js";
import type { CopiedVolume } from "./copy-result.js";
import { repositoryId, type CopyRun, whileSourcePinned } from "./copy-run.js";
import { findBase, type CopyBase } from "./find-base.js";
import { readSlots, type ReadCounts } from "./read-slots.js";

/** A volume of the point that is copied. */
export interface SourceVolume {
  readonly point: string;
  readonly volume: GroupMetadata["volumes"][number];
  readonly record: PointRecord;
}

const zeroBlock = Buffer.alloc(blockSizeBytes);

/** Copies one volume's part of a point, up to its record: every block is opened and verified, and named anew by the target's key. */
export async function copyVolume(run: CopyRun, writer: PointWriter, source: SourceVolume): Promise<CopiedVolume> {
  const { resource } = source.record.metadata;
  const volumeWriter = await writer.beginVolume(resource, { sealer: run.sealer });
  const { stream } = source.volume;
  const base = await findBase(run, stream, volumeWriter);
  if (!("record" in base)) return await copyFrom(base, run, writer, volumeWriter, source);
  // looked for again once it is pinned: from then on it can be read to its end
  return await whileSourcePinned(run, [base.record.structure.group], async () => await copyFrom(await findBase(run, stream, volumeWriter), run, writer, volumeWriter, source));
}

async function copyFrom(base: CopyBase, run: CopyRun, writer: PointWriter, volumeWriter: VolumeWriter, { point, volume, record }: SourceVolume): Promise<CopiedVolume> {
  const { source, session, signal } = run;
  const { volumeId, deviceName } = volume;
  const { resource, snapshotId, startedAt, finishedAt, volume: attributes } = record.metadata;
  const map = await BlockMap.open(source, record, { signal });
  const baseMap = "record" in base ? await BlockMap.open(source, base.record, { signal }) : undefined;
  const fullReason = "fullReason" in base ? base.fullReason : undefined;
  const method = fullReason === undefined ? "incremental" : "full";
  session.emit({ type: "volume:started", point, volumeId, method, ...(fullReason !== undefined && { fullReason }) });
  volumeWriter.start(method, map.root.volumeSizeBytes);

  const reads: ReadCounts = { reads: 0, bytes: 0 };
  const volumeBlocks = Math.max(1, Math.ceil(map.root.volumeSizeBytes / blockSizeBytes));
  const meter = new ProgressMeter(source.clock, (progress) => session.emit({ type: "volume:progress", point, volumeId, ...progress }));
  for await (const block of readSlots(map, changedSlots(baseMap, map, { signal }), reads, { signal })) {
    signal.throwIfAborted();
    if ("data" in block) await volumeWriter.add(block);
    else if (block.slot === "zero") await volumeWriter.add({ index: block.index, data: zeroBlock, sha256: zeroBlockSha256 });
    else await volumeWriter.remove(block.index);
    meter.add(blockSizeBytes, Math.min(1, (block.index + 1) / volumeBlocks));
  }

  const metadata = {
    resource,
    volumeId,
    volumeSizeBytes: map.root.volumeSizeBytes,
    method,
    startedAt,
    finishedAt,
    copiedFrom: { repositoryId: repositoryId(source), sequence: record.structure.sequence, hash: record.hash },
    ...(snapshotId !== undefined && { snapshotId }),
    ...(fullReason !== undefined && { fullReason }),
    ...(attributes !== undefined && { volume: attributes }),
  } as const;
  const { counts } = await writer.finishVolume(volumeWriter, metadata, { volumeId, ...(deviceName !== undefined && { deviceName }) });
  meter.finish();
  const copied: CopiedVolume = {
    volumeId,
    sizeBytes: map.root.volumeSizeBytes,
    method,
    ...(fullReason !== undefined && { fullReason }),
    blocks: { read: counts.readBlocks, zero: counts.zeroBlocks, known: counts.knownBlocks, stored: counts.storedBlocks, removed: counts.removedBlocks },
    bytesRead: reads.bytes,
    bytesStored: counts.storedBytes,
    requests: { reads: reads.reads, writes: counts.objects },
  };
  session.emit({ type: "volume:completed", point, ...copied });
  return copied;
}
