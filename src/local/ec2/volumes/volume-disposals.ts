import type { RecordChange } from "../../blocks/record-store.js";
import type { Ec2Environment } from "../ec2-environment.js";

/** To whom the volumes belong through which snapshots are copied: no account that can call. */
export const copierAccount = "snapshot-copies";

/** The changes by which volumes are marked to go away; {@link disposeOfVolumes} then removes them, now or after a restart. */
export function markForDisposal({ tables }: Ec2Environment, volumeIds: readonly string[]): RecordChange[] {
  return volumeIds.map((volumeId) => tables.disposals.put(volumeId, {}));
}

/** Removes volumes that are marked. */
export function disposeOfVolumes({ tables, blocks }: Ec2Environment, volumeIds: Iterable<string>): void {
  for (const volumeId of volumeIds) {
    if (blocks.volume(volumeId) !== undefined) blocks.deleteVolume(volumeId);
    blocks.records.commit([tables.disposals.remove(volumeId), tables.modifications.remove(volumeId)]);
  }
}

/** Removes what was marked, or half copied, when the cloud ended. */
export function disposeOfLeftovers(environment: Ec2Environment): void {
  const { blocks, tables } = environment;
  const marked = [...tables.disposals.entries()].map(([volumeId]) => volumeId);
  const copied = [...blocks.volumes()].filter((volume) => volume.accountId === copierAccount).map((volume) => volume.volumeId);
  for (const { accountId, snapshotId } of [...blocks.snapshots()]) if (accountId === copierAccount) blocks.deleteSnapshot(snapshotId);
  disposeOfVolumes(environment, new Set([...marked, ...copied]));
}
