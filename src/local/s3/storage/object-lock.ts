import { ServiceError } from "../../service.js";
import { accessDenied } from "../s3-error.js";
import type { ObjectVersion, Retention } from "./object-version.js";

const PROTECTED = "Access Denied because object protected by object lock.";

export function isLocked(version: ObjectVersion, nowMs: number): boolean {
  const { retention, isLegallyHeld } = version.attributes;
  return isLegallyHeld === true || isActive(retention, nowMs);
}

/** Refuses to remove a version that is held, or retained (governance mode can be bypassed, a hold and compliance mode not). */
export function assertRemovable(version: ObjectVersion, nowMs: number, mayBypassGovernance: boolean): void {
  const { retention, isLegallyHeld } = version.attributes;
  if (isLegallyHeld === true) throw accessDenied(PROTECTED);
  if (!isActive(retention, nowMs)) return;
  if (retention?.mode === "GOVERNANCE" && mayBypassGovernance) return;
  throw accessDenied(PROTECTED);
}

/** Refuses to weaken a retention that still runs: shorter, off, or of another mode. `next` undefined is its removal. */
export function assertRetentionChange(
  current: Retention | undefined,
  next: Retention | undefined,
  nowMs: number,
  mayBypassGovernance: boolean,
): void {
  if (current === undefined || !isActive(current, nowMs)) return;
  if (current.mode === "GOVERNANCE" && mayBypassGovernance) return;
  if (next?.mode === current.mode && next.untilMs >= current.untilMs) return;
  throw accessDenied(PROTECTED);
}

export function objectLockMissing(): ServiceError {
  return new ServiceError("InvalidRequest", 400, "Bucket is missing Object Lock Configuration");
}

function isActive(retention: Retention | undefined, nowMs: number): boolean {
  return retention !== undefined && retention.untilMs > nowMs;
}
