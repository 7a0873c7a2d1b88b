import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { SnapshotFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidCombination, invalidValue } from "../ec2-error.js";
import { takePage } from "../listing.js";
import { requireOwnSnapshot, visibleSnapshots } from "./find-snapshot.js";
import type { SnapshotLock } from "./lock-record.js";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MAX_DAYS = 36_500;
const MAX_COOL_OFF_HOURS = 72;

/** Locks a snapshot, or changes its lock: in compliance mode only to a later end. */
export function lockSnapshot(environment: Ec2Environment, input: ec2.LockSnapshotRequest, context: RequestContext): ec2.LockSnapshotResult {
  acceptOnly(input, ["SnapshotId", "LockMode", "CoolOffPeriod", "LockDuration", "ExpirationDate"]);
  const snapshot = requireOwnSnapshot(environment, context, input.SnapshotId);
  const lock = readLock(input, snapshot, context);
  const { blocks, tables } = environment;
  const present = tables.locks.get(snapshot.snapshotId);
  if (present !== undefined && stateOf(environment, present) === "compliance" && (lock.mode !== "compliance" || lock.expiresAt < present.expiresAt)) {
    throw notPermitted(`The lock of ${snapshot.snapshotId} in compliance mode can be extended only.`);
  }
  const saved = present === undefined || stateOf(environment, present) === "expired" ? lock : { ...lock, createdAt: present.createdAt };
  blocks.records.commit([tables.locks.put(snapshot.snapshotId, saved)]);
  return { SnapshotId: snapshot.snapshotId, ...describe(environment, saved) };
}

export function unlockSnapshot(environment: Ec2Environment, input: ec2.UnlockSnapshotRequest, context: RequestContext): ec2.UnlockSnapshotResult {
  const { snapshotId } = requireOwnSnapshot(environment, context, input.SnapshotId);
  const { blocks, tables } = environment;
  const lock = tables.locks.get(snapshotId);
  if (lock === undefined) throw ec2Error("SnapshotNotLocked", `The snapshot ${snapshotId} is not locked.`);
  if (stateOf(environment, lock) === "compliance") throw notPermitted(`The snapshot ${snapshotId} is locked in compliance mode.`);
  blocks.records.commit([tables.locks.remove(snapshotId)]);
  return { SnapshotId: snapshotId };
}

export function describeLockedSnapshots(environment: Ec2Environment, input: ec2.DescribeLockedSnapshotsRequest, context: RequestContext): ec2.DescribeLockedSnapshotsResult {
  const ids = input.SnapshotIds ?? [];
  for (const id of ids) requireOwnSnapshot(environment, context, id);
  const locked = visibleSnapshots(environment, context).flatMap(({ snapshotId, accountId }): ec2.LockedSnapshotsInfo[] => {
    const lock = environment.tables.locks.get(snapshotId);
    const isWanted = accountId === context.accountId && (ids.length === 0 || ids.includes(snapshotId));
    return lock === undefined || !isWanted ? [] : [{ OwnerId: accountId, SnapshotId: snapshotId, ...describe(environment, lock) }];
  });
  const { items, nextToken } = takePage<ec2.LockedSnapshotsInfo & { readonly Tags?: undefined }>({
    items: locked,
    idOf: (info) => info.SnapshotId ?? "",
    filters: input.Filters,
    readers: { "lock-state": (info) => info.LockState },
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { Snapshots: items, NextToken: nextToken };
}

/** Raises where a snapshot is locked against deletion. */
export function assertUnlocked(environment: Ec2Environment, { snapshotId }: SnapshotFacts): void {
  const lock = environment.tables.locks.get(snapshotId);
  if (lock !== undefined && stateOf(environment, lock) !== "expired") throw notPermitted(`The snapshot ${snapshotId} is locked and cannot be deleted.`);
}

// The API's pages name no code for this; EC2's general one for what protection forbids is taken.
function notPermitted(message: string): Error {
  return ec2Error("OperationNotPermitted", message);
}

function readLock(input: ec2.LockSnapshotRequest, snapshot: SnapshotFacts, { clock }: RequestContext): SnapshotLock {
  const { LockMode: mode, LockDuration: days, ExpirationDate: expiration, CoolOffPeriod: coolOffHours } = input;
  if (mode !== "governance" && mode !== "compliance") throw invalidValue("The value for parameter lockMode is invalid. Expected: governance, compliance.");
  if ((days === undefined) === (expiration === undefined)) throw invalidCombination("Specify either the lock duration or the expiration date.");
  if (days !== undefined && (!Number.isInteger(days) || days < 1 || days > MAX_DAYS)) throw invalidValue(`The lock duration must be from 1 to ${MAX_DAYS} days.`);
  const now = clock.now();
  if (expiration !== undefined && expiration.getTime() < now.getTime() + DAY_MS) throw invalidValue("The expiration date must be at least one day in the future.");
  if (coolOffHours !== undefined && (mode !== "compliance" || !Number.isInteger(coolOffHours) || coolOffHours < 1 || coolOffHours > MAX_COOL_OFF_HOURS)) {
    throw invalidValue(`The cooling-off period is for the compliance mode, and from 1 to ${MAX_COOL_OFF_HOURS} hours.`);
  }
  // A duration counts from when the snapshot is complete.
  const startsAt = new Date(Math.max(now.getTime(), new Date(snapshot.completesAt ?? now).getTime()));
  const expiresAt = expiration ?? new Date(startsAt.getTime() + (days ?? 0) * DAY_MS);
  return {
    mode,
    durationDays: days ?? Math.ceil((expiresAt.getTime() - now.getTime()) / DAY_MS),
    createdAt: now.toISOString(),
    startsAt: startsAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    ...(coolOffHours === undefined ? {} : { coolOffHours, coolOffEndsAt: new Date(now.getTime() + coolOffHours * HOUR_MS).toISOString() }),
  };
}

function stateOf(environment: Ec2Environment, lock: SnapshotLock): ec2.LockState {
  if (environment.hasPassed(lock.expiresAt)) return "expired";
  if (lock.mode === "governance") return "governance";
  return lock.coolOffEndsAt !== undefined && !environment.hasPassed(lock.coolOffEndsAt) ? "compliance-cooloff" : "compliance";
}

function describe(environment: Ec2Environment, lock: SnapshotLock): Omit<ec2.LockedSnapshotsInfo, "OwnerId" | "SnapshotId"> {
  return {
    LockState: stateOf(environment, lock),
    LockDuration: lock.durationDays,
    CoolOffPeriod: lock.coolOffHours,
    CoolOffPeriodExpiresOn: lock.coolOffEndsAt === undefined ? undefined : new Date(lock.coolOffEndsAt),
    LockCreatedOn: new Date(lock.createdAt),
    LockDurationStartTime: new Date(lock.startsAt),
    LockExpiresOn: new Date(lock.expiresAt),
  };
}
