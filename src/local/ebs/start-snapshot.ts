import { createHash } from "node:crypto";
import type * as ebs from "@aws-sdk/client-ebs";
import { blockBytes, maxVolumeGib } from "../blocks/block-size.js";
import type { SnapshotRecord } from "../blocks/snapshot-record.js";
import { ServiceError } from "../service.js";
import type { RequestContext } from "../service.js";
import type { EbsEnvironment } from "./ebs-environment.js";
import { invalid } from "./ebs-error.js";

const defaultTimeoutMinutes = 60;
const minTimeoutMinutes = 10;
const maxTimeoutMinutes = 4_320;
const maxDescription = 255;
const maxToken = 255;
const maxTags = 50;
const maxTagKey = 127;
const maxTagValue = 255;
const keyArn = /^arn:aws[a-z-]*:kms:.*:key\/.+$/;

/** https://docs.aws.amazon.com/ebs/latest/APIReference/API_StartSnapshot.html */
export function startSnapshot(environment: EbsEnvironment, input: ebs.StartSnapshotRequest, context: RequestContext): ebs.StartSnapshotResponse {
  const { blocks, rates, started } = environment;
  rates.startSnapshot(context);
  const request = checked(input);
  const tokenKey = input.ClientToken === undefined ? undefined : [context.accountId, context.region, input.ClientToken].join("/");
  const inputDigest = digestOf(input);
  const known = tokenKey === undefined ? undefined : started.get(tokenKey);
  if (known !== undefined) {
    if (known.inputDigest !== inputDigest) throw new ServiceError("ConflictException", 409, "The client token was used with other parameters.");
    const earlier = blocks.snapshot(known.snapshotId);
    if (earlier !== undefined) return describe(environment, earlier);
  }
  const parent = input.ParentSnapshotId === undefined ? undefined : environment.readableSnapshot(input.ParentSnapshotId, context);
  if (parent !== undefined && parent.sizeGib > request.sizeGib) {
    throw invalid("INVALID_VOLUME_SIZE", `The volume size ${request.sizeGib} GiB is less than that of the parent, ${parent.sizeGib} GiB.`);
  }
  const encryption = encryptionOf(environment, input, parent, context);
  refuseTooMany(environment, context);
  const { accountId, region } = context;
  const snapshot = blocks.direct.start({ ...request, ...encryption, accountId, region, parentSnapshotId: parent?.snapshotId }, ({ snapshotId }) =>
    tokenKey === undefined ? [] : [started.put(tokenKey, { inputDigest, snapshotId })],
  );
  return describe(environment, snapshot);
}

function checked(input: ebs.StartSnapshotRequest) {
  const { VolumeSize: sizeGib, Description: description = "", Timeout: timeoutMinutes = defaultTimeoutMinutes, ClientToken: token } = input;
  if (sizeGib === undefined || !Number.isInteger(sizeGib) || sizeGib < 1 || sizeGib > maxVolumeGib) {
    throw invalid("INVALID_VOLUME_SIZE", `The volume size must be from 1 to ${maxVolumeGib} GiB.`);
  }
  if (description.length > maxDescription) throw invalid("INVALID_PARAMETER_VALUE", `The description is longer than ${maxDescription} characters.`);
  if (!Number.isInteger(timeoutMinutes) || timeoutMinutes < minTimeoutMinutes || timeoutMinutes > maxTimeoutMinutes) {
    throw invalid("INVALID_PARAMETER_VALUE", `The timeout must be from ${minTimeoutMinutes} to ${maxTimeoutMinutes} minutes.`);
  }
  if (token !== undefined && (token === "" || token.length > maxToken)) throw invalid("INVALID_PARAMETER_VALUE", `The client token must have 1 to ${maxToken} characters.`);
  return { sizeGib, description, timeoutMinutes, tags: tagsOf(input.Tags ?? []) };
}

function tagsOf(tags: readonly ebs.Tag[]): Record<string, string> {
  if (tags.length > maxTags) throw invalid("INVALID_TAG", `A snapshot has at most ${maxTags} tags.`);
  const result = new Map<string, string>();
  for (const { Key: key = "", Value: value = "" } of tags) {
    const isGood = key !== "" && key.length <= maxTagKey && value.length <= maxTagValue && !key.toLowerCase().startsWith("aws:");
    if (!isGood || result.has(key)) throw invalid("INVALID_TAG", `The tag ${key} is not valid.`);
    result.set(key, value);
  }
  return Object.fromEntries(result);
}

/** https://docs.aws.amazon.com/ebs/latest/userguide/ebsapis-using-encryption.html */
function encryptionOf(environment: EbsEnvironment, input: ebs.StartSnapshotRequest, parent: SnapshotRecord | undefined, context: RequestContext) {
  const { Encrypted: encrypted, KmsKeyArn: key } = input;
  const { rules } = environment;
  const isDefault = rules.isEncryptedByDefault(context);
  if (key !== undefined && !keyArn.test(key)) throw invalid("INVALID_PARAMETER_VALUE", `${key} is not a KMS key's ARN.`);
  if (parent !== undefined) {
    if (encrypted !== undefined || key !== undefined) throw invalid("INVALID_PARAMETER_VALUE", "Encrypted and KmsKeyArn cannot be used with ParentSnapshotId.");
    if (isDefault && !parent.encrypted) throw invalid("INVALID_PARAMETER_VALUE", "The account encrypts by default, and the parent is not encrypted.");
    return { encrypted: parent.encrypted, kmsKeyId: parent.kmsKeyId };
  }
  if (encrypted === false && isDefault) throw invalid("INVALID_PARAMETER_VALUE", "The account encrypts by default.");
  const isEncrypted = encrypted ?? isDefault;
  if (key !== undefined && !isEncrypted) throw invalid("INVALID_PARAMETER_VALUE", "KmsKeyArn needs Encrypted to be true.");
  return { encrypted: isEncrypted, kmsKeyId: isEncrypted ? (key ?? rules.defaultKeyArn(context)) : undefined };
}

function refuseTooMany({ blocks, limits }: EbsEnvironment, { accountId, region }: RequestContext): void {
  let pending = 0;
  for (const snapshot of blocks.snapshots()) {
    const isTheirs = snapshot.direct !== undefined && snapshot.accountId === accountId && snapshot.region === region;
    if (isTheirs && blocks.snapshotState(snapshot) === "pending") pending += 1;
  }
  if (pending >= limits.pendingSnapshots) {
    throw new ServiceError("ConcurrentLimitExceededException", 400, "You have reached the limit for concurrent API requests: too many snapshots are pending.");
  }
}

function describe({ blocks }: EbsEnvironment, snapshot: SnapshotRecord): ebs.StartSnapshotResponse {
  return {
    SnapshotId: snapshot.snapshotId,
    OwnerId: snapshot.accountId,
    Status: blocks.snapshotState(snapshot),
    StartTime: new Date(snapshot.startedAt),
    VolumeSize: snapshot.sizeGib,
    BlockSize: blockBytes,
    Description: snapshot.description,
    Tags: Object.entries(snapshot.tags).map(([Key, Value]) => ({ Key, Value })),
    ParentSnapshotId: snapshot.parentSnapshotId,
    KmsKeyArn: snapshot.kmsKeyId,
  };
}

function digestOf({ ClientToken: _token, ...input }: ebs.StartSnapshotRequest): string {
  const members = Object.entries(input)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(members)).digest("hex");
}
