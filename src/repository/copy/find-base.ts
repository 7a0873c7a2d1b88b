import type { PointRecord } from "../format/record.js";
import { readMember } from "../points/read-stream.js";
import type { VolumeWriter } from "../writer/volume-writer.js";
import { repositoryId, type CopyRun } from "./copy-run.js";
import { isDamage } from "../store/damage.js";

/** The source's record that the target's newest point is a copy of, or why there is none. */
export type CopyBase = { readonly record: PointRecord } | { readonly fullReason: string };

const baseGone: CopyBase = { fullReason: "the point that the target's newest one is a copy of is gone" };

/** Finds what, in the volume's stream in the source, the target's newest point is a copy of: only what differs from that needs to be read. */
export async function findBase({ source, signal, isFull }: CopyRun, stream: string, writer: VolumeWriter): Promise<CopyBase> {
  if (isFull) return { fullReason: "a full copy was asked for" };
  const baseMetadata = writer.base?.metadata;
  if (baseMetadata === undefined) return { fullReason: "the target holds no earlier point of this volume to build on" };
  const { copiedFrom } = baseMetadata;
  if (copiedFrom?.repositoryId !== repositoryId(source)) return { fullReason: "the target's newest point of this volume is no copy from this repository" };
  try {
    return { record: await readMember(source, { stream, ...copiedFrom }, { signal }) };
  } catch (error) {
    if (!isDamage(error)) throw error;
    // a tombstone in its place has another hash
    return baseGone;
  }
}
