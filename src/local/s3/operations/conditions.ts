import { ServiceError } from "../../service.js";
import { noSuchKey, notImplemented, preconditionFailed } from "../s3-error.js";
import type { ObjectVersion } from "../storage/object-version.js";

/** Conditions of a write: `If-None-Match: *` or `If-Match` with an ETag. */
export interface WriteConditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

export interface ReadConditions extends WriteConditions {
  readonly ifModifiedSince: Date | undefined;
  readonly ifUnmodifiedSince: Date | undefined;
}

export function writeConditionsOf(input: {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}): WriteConditions {
  const { IfMatch: ifMatch, IfNoneMatch: ifNoneMatch } = input;
  if (ifNoneMatch !== undefined && ifNoneMatch !== "*") throw notImplemented("If-None-Match");
  if (ifMatch === "*") throw notImplemented("If-Match");
  if (ifMatch !== undefined && ifNoneMatch !== undefined) throw notImplemented("If-Match,If-None-Match");
  return { ifMatch, ifNoneMatch };
}

export function isConditional({ ifMatch, ifNoneMatch }: WriteConditions): boolean {
  return ifMatch !== undefined || ifNoneMatch !== undefined;
}

/** Judges a write on the key's current version: a delete marker counts as no object. */
export function assertWriteConditions(key: string, current: ObjectVersion | undefined, conditions: WriteConditions): void {
  const existing = current?.isDeleteMarker === true ? undefined : current;
  if (conditions.ifNoneMatch !== undefined && existing !== undefined) throw preconditionFailed("If-None-Match");
  if (conditions.ifMatch === undefined) return;
  if (existing === undefined) throw noSuchKey(key);
  if (unquoted(conditions.ifMatch) !== existing.etag) throw preconditionFailed("If-Match");
}

/** Judges a deletion on the key's current version: `*` asks for any object to be there. */
export function assertDeleteCondition(key: string, current: ObjectVersion | undefined, ifMatch: string | undefined): void {
  if (ifMatch === undefined) return;
  const existing = current?.isDeleteMarker === true ? undefined : current;
  if (ifMatch === "*") {
    if (existing === undefined) throw preconditionFailed("If-Match");
    return;
  }
  if (existing === undefined) throw noSuchKey(key);
  if (unquoted(ifMatch) !== existing.etag) throw preconditionFailed("If-Match");
}

/**
 * Judges a read. A fulfilled `If-Match` makes `If-Unmodified-Since` void, a failed `If-None-Match` `If-Modified-Since` (RFC 9110,
 * 13.2.2). `isCopy` gives 412 where a read would give 304.
 */
export function assertReadConditions(version: ObjectVersion, conditions: ReadConditions, isCopy = false): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const modifiedAtSeconds = Math.floor(version.modifiedAtMs / 1000);
  if (ifMatch !== undefined) {
    if (!matchesAny(ifMatch, version.etag)) throw preconditionFailed("If-Match");
  } else if (ifUnmodifiedSince !== undefined && modifiedAtSeconds > secondsOf(ifUnmodifiedSince)) {
    throw preconditionFailed("If-Unmodified-Since");
  }
  if (ifNoneMatch !== undefined) {
    if (matchesAny(ifNoneMatch, version.etag)) throw isCopy ? preconditionFailed("If-None-Match") : notModified(version);
  } else if (ifModifiedSince !== undefined && modifiedAtSeconds <= secondsOf(ifModifiedSince)) {
    throw isCopy ? preconditionFailed("If-Modified-Since") : notModified(version);
  }
}

export function unquoted(etag: string): string {
  return etag.trim().replace(/^"(.*)"$/, "$1");
}

function matchesAny(header: string, etag: string): boolean {
  return header.split(",").some((one) => one.trim() === "*" || unquoted(one.trim().replace(/^W\//, "")) === etag);
}

function notModified(version: ObjectVersion): ServiceError {
  return new ServiceError("NotModified", 304, "Not Modified", {
    ETag: `"${version.etag}"`,
    LastModified: new Date(version.modifiedAtMs),
  });
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
