import type { RestoreObjectOutput, RestoreObjectRequest } from "@aws-sdk/client-s3";
import { HTTP_STATUS, ServiceError, type RequestContext } from "../../service.js";
import { openObject } from "../access/open-bucket.js";
import { invalidArgument, malformedXml, notImplemented } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import type { ObjectVersion, Restoration } from "../storage/object-version.js";
import { findObject } from "./find-version.js";
import { isArchived, isRestored, isRestoring } from "./restoration.js";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Starts the restore of an archived object, or changes how long its restored copy stays. */
export async function restoreObject(
  environment: S3Environment,
  input: RestoreObjectRequest,
  context: RequestContext,
): Promise<RestoreObjectOutput & { readonly [HTTP_STATUS]: number }> {
  const { bucket, key } = openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:RestoreObject",
    conditionKeys: { "s3:versionid": input.VersionId },
  });
  const request = input.RestoreRequest;
  if (request === undefined) throw malformedXml();
  if (request.Type !== undefined || request.OutputLocation !== undefined) throw notImplemented("Type");
  const days = request.Days;
  if (days === undefined || !Number.isInteger(days) || days < 1) {
    throw invalidArgument("Days must be a positive integer", "Days", days);
  }
  const tier = request.GlacierJobParameters?.Tier ?? request.Tier ?? "Standard";
  return bucket.change(key, false, () => {
    const version = findObject(bucket, key, input.VersionId, "POST");
    const restoration = restorationOf(version, { tier, days }, environment);
    // 200 for a restored copy whose days change, 202 for a restore that begins.
    const status = isRestored(version.restoration, environment.clock.now().getTime()) ? 200 : 202;
    return { changes: [{ change: "update-version", version: { ...version, restoration } }], result: { [HTTP_STATUS]: status } };
  });
}

function restorationOf(
  version: ObjectVersion,
  asked: { readonly tier: string; readonly days: number },
  environment: S3Environment,
): Restoration {
  const nowMs = environment.clock.now().getTime();
  const { storageClass } = version.attributes;
  if (!isArchived(version)) {
    throw new ServiceError("InvalidObjectState", 403, "Restore is not allowed for the object's current storage class", {
      StorageClass: storageClass,
    });
  }
  const times = environment.restorationTimes[storageClass === "DEEP_ARCHIVE" ? "DEEP_ARCHIVE" : "GLACIER"];
  const durationMs = times[asked.tier];
  if (durationMs === undefined) {
    throw invalidArgument(`Retrieval option is not supported by this storage class`, "Tier", asked.tier);
  }
  const current = version.restoration;
  if (current !== undefined && isRestored(current, nowMs)) {
    return { ...current, days: asked.days, expiresAtMs: expiryAfter(nowMs, asked.days) };
  }
  if (current !== undefined && isRestoring(current, nowMs)) {
    // A faster tier speeds up a restore that is under way; anything else has to wait for it.
    if (durationMs >= (times[current.tier] ?? 0)) {
      throw new ServiceError("RestoreAlreadyInProgress", 409, "Object restore is already in progress");
    }
  }
  const readyAtMs = nowMs + durationMs;
  return { tier: asked.tier, days: asked.days, readyAtMs, expiresAtMs: expiryAfter(readyAtMs, asked.days) };
}

/** S3 rounds the end of a restored copy up to the next midnight UTC. */
function expiryAfter(fromMs: number, days: number): number {
  return Math.ceil((fromMs + days * DAY_MS) / DAY_MS) * DAY_MS;
}
