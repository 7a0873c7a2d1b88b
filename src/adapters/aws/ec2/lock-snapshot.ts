import type { LockedSnapshotsInfo } from "@aws-sdk/client-ec2";
import { HoldfastError } from "../../../errors/index.js";
import type { CallOptions, SnapshotLock, SnapshotLockRequest } from "../../../ports/index.js";
import type { Ec2Package } from "../clients/aws-packages.js";
import { present } from "./ec2-answer.js";
import { callEc2, type Ec2Door } from "./ec2-door.js";
import { walkPages } from "./walk-pages.js";

/** Snapshots that are asked for in one call. */
const maxAsked = 100;

/** Locks a snapshot. An attempt whose answer got lost is made again: that only lets the same time begin a moment later. */
export async function lockSnapshot(door: Ec2Door, snapshotId: string, { mode, days, coolOffHours }: SnapshotLockRequest, { signal }: CallOptions): Promise<SnapshotLock> {
  const operation = "LockSnapshot";
  const command = (aws: Ec2Package) => new aws.LockSnapshotCommand({ SnapshotId: snapshotId, LockMode: mode, LockDuration: days, ...(coolOffHours !== undefined && { CoolOffPeriod: coolOffHours }) });
  const { LockExpiresOn } = await callEc2(door, { operation, resource: snapshotId, signal }, async (attempt) => await door.ec2.send(command, { abortSignal: attempt.signal }));
  return { snapshotId, mode, lockedUntil: present(LockExpiresOn, "LockExpiresOn", operation) };
}

/** The locks of these snapshots that have not expired. */
export async function snapshotLocks(door: Ec2Door, snapshotIds: readonly string[], options: CallOptions): Promise<SnapshotLock[]> {
  const locks: SnapshotLock[] = [];
  for (let start = 0; start < snapshotIds.length; start += maxAsked) {
    const asked = snapshotIds.slice(start, start + maxAsked);
    try {
      locks.push(...(await locksOf(door, asked, options)));
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && error.code === "SnapshotNotFound")) throw error;
      // one that is gone fails the question for all: then each is asked for alone
      if (asked.length > 1) for (const snapshotId of asked) locks.push(...(await snapshotLocks(door, [snapshotId], options)));
    }
  }
  return locks;
}

async function locksOf(door: Ec2Door, SnapshotIds: readonly string[], { signal }: CallOptions): Promise<SnapshotLock[]> {
  const operation = "DescribeLockedSnapshots";
  const resource = SnapshotIds.length === 1 ? SnapshotIds[0] : undefined;
  const pages = walkPages<LockedSnapshotsInfo>(operation, async (NextToken) => {
    const command = (aws: Ec2Package) => new aws.DescribeLockedSnapshotsCommand({ SnapshotIds: [...SnapshotIds], ...(NextToken !== undefined && { NextToken }) });
    const answer = await callEc2(door, { operation, resource, signal }, async (attempt) => await door.ec2.send(command, { abortSignal: attempt.signal }));
    return { items: answer.Snapshots ?? [], nextToken: answer.NextToken };
  });
  const locks: SnapshotLock[] = [];
  for await (const { SnapshotId, LockState, LockExpiresOn } of pages) {
    if (LockState === "expired") continue;
    // what is in its cool-off time is locked already
    locks.push({ snapshotId: present(SnapshotId, "SnapshotId", operation), mode: LockState === "governance" ? "governance" : "compliance", lockedUntil: present(LockExpiresOn, "LockExpiresOn", operation) });
  }
  return locks;
}
