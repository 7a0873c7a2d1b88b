import type { SnapshotFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { incorrectState, missingParameter } from "../ec2-error.js";
import { resolveEncryption } from "../encryption/resolve-encryption.js";
import type { Scope } from "../scope.js";
import { requireVisibleSnapshot } from "../snapshots/find-snapshot.js";
import { resolveShape } from "./volume-type.js";
import type { VolumeShape } from "./volume-type.js";

/** What a volume is to be, as CreateVolume and the block devices of an instance say it. */
export interface VolumeRequest {
  readonly sizeGib: number | undefined;
  readonly snapshotId: string | undefined;
  readonly volumeType: string;
  readonly iops: number | undefined;
  readonly throughputMiBps: number | undefined;
  readonly encrypted: boolean | undefined;
  readonly kmsKeyId: string | undefined;
  /** The error for a size below the snapshot's. */
  readonly tooSmall: (snapshot: SnapshotFacts, sizeGib: number) => Error;
}

/** A volume that can be made. */
export interface NewVolume extends VolumeShape {
  readonly snapshotId?: string;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string;
}

/** Checks everything about a volume that is to be made, and makes nothing. */
export function resolveNewVolume(environment: Ec2Environment, scope: Scope, request: VolumeRequest): NewVolume {
  const { snapshotId, volumeType, iops, throughputMiBps, encrypted, kmsKeyId } = request;
  const snapshot = snapshotId === undefined ? undefined : requireVisibleSnapshot(environment, scope, snapshotId);
  const sizeGib = request.sizeGib ?? snapshot?.sizeGib;
  if (sizeGib === undefined) throw missingParameter("size or snapshotId");
  if (snapshot !== undefined) {
    const state = environment.blocks.snapshotState(snapshot);
    if (state !== "completed") throw incorrectState(`Snapshot '${snapshot.snapshotId}' is in the '${state}' state; it must be completed.`);
    if (sizeGib < snapshot.sizeGib) throw request.tooSmall(snapshot, sizeGib);
  }
  return {
    ...resolveShape({ volumeType, sizeGib, iops, throughputMiBps }),
    ...resolveEncryption(environment, scope, { encrypted, kmsKeyId, source: snapshot }),
    ...(snapshotId === undefined ? {} : { snapshotId }),
  };
}
