import * as z from "zod";
import { recordOf } from "../../options/record-of.js";

const hex = (bytes: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${String(bytes * 2)}}$`));
const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);

/** `workers/<w>/engine.json`. */
export const engineDocument = z.object({ version: z.literal(1), engine: hex(16), applianceId: z.string(), beat: z.int().min(0), command: z.enum(["work", "stop"]) });

/** `workers/<w>/hello.json`. */
export const helloDocument = z.object({ version: z.literal(1), worker: hex(16), publicKey: base64, instanceId: z.string(), architecture: z.string() });

/** `workers/<w>/orders/<n>.json`. */
export const workerOrderDocument = z.object({ version: z.literal(1), task: hex(16), attempt: z.int().min(1) });

const tags = recordOf(z.string());

/** What a backup's task says. */
export const backupTask = z.object({
  kind: z.literal("backup"),
  task: z.object({
    region: z.string(),
    snapshotId: z.string(),
    resource: z.string(),
    volumeId: z.string(),
    deviceName: z.string().optional(),
    attributes: recordOf(z.unknown()),
    ignoreBase: z.boolean().optional(),
    auditBlocks: z.int().optional(),
    limits: z.object({ maxBlocksPerSecond: z.number().positive().optional(), maxBytesPerSecond: z.number().positive().optional() }).optional(),
  }),
});

/** What a restore's task says. */
export const restoreTask = z.object({
  kind: z.literal("restore"),
  restorePoint: z.string(),
  volumeId: z.string(),
  target: z.object({
    region: z.string(),
    volumeSizeBytes: z.int(),
    parentSnapshotId: z.string().optional(),
    description: z.string(),
    tags,
    clientToken: z.string(),
    encrypted: z.boolean().optional(),
    kmsKeyArn: z.string().optional(),
    snapshotId: z.string().optional(),
    timeoutMinutes: z.int().optional(),
  }),
});

/** What a copy's task says. */
export const copyTask = z.object({ kind: z.literal("copy"), restorePoint: z.string(), isFull: z.boolean() });

/** What a verification's task says. */
export const verifyTask = z.object({
  kind: z.literal("verify"),
  options: z.object({
    level: z.enum(["metadata", "presence", "data"]),
    sample: z.number(),
    budget: z.object({ bytes: z.number().optional(), durationMs: z.number().optional() }).optional(),
    since: z.string().optional(),
    quarantine: z.boolean(),
  }),
});

/** What a collection's task says. */
export const collectTask = z.object({
  kind: z.literal("collect"),
  options: z.object({ dryRun: z.boolean().optional(), graceHours: z.number().optional(), orphanDays: z.number().optional(), maxFreedShare: z.number().optional(), waitMinutes: z.number().optional() }),
});

/** `tasks/<t>/task.json`: no secret. */
export const taskDocument = z.object({
  version: z.literal(1),
  task: hex(16),
  engine: hex(16),
  applianceId: z.string(),
  createdAt: z.string(),
  /** For one attempt, from its claim on. */
  timeLimitMs: z.int().min(1),
  work: z.discriminatedUnion("kind", [backupTask, restoreTask, copyTask, verifyTask, collectTask]),
});
export type TaskDocument = z.infer<typeof taskDocument>;

/** `tasks/<t>/<a>/order.json`. */
export const orderDocument = z.object({ version: z.literal(1), worker: hex(16), envelope: base64 });

const role = z.object({ roleArn: z.string(), externalId: z.string().optional() });

/** How a worker reaches a repository, and opens it. */
const repositoryAccess = z.object({
  bucket: z.string(),
  prefix: z.string(),
  region: z.string(),
  storageClass: z.string().optional(),
  expectedBucketOwner: z.string().optional(),
  role: role.optional(),
  repositoryId: hex(16),
  keyRole: z.enum(["writer", "restore", "collector"]),
  secret: base64.optional(),
  /** In place of the secret: the KMS key by which the worker's role opens the repository. */
  kmsKeyId: z.string().optional(),
});
export type RepositoryAccess = z.infer<typeof repositoryAccess>;

/** What an order's envelope holds. */
export const orderSecrets = z.object({
  /** With this the worker signs what it says of the attempt. */
  signingKey: base64,
  /** Of the task's document: nobody who writes to the bucket gives the worker another task under this order. */
  taskSha256: hex(32),
  repository: repositoryAccess,
  /** Of a copy: where it goes. */
  target: repositoryAccess.optional(),
  /** Of a backup and a restore: how the account is reached in which the snapshot is, by the worker's own role or this one. */
  account: z.object({ region: z.string(), role: role.optional() }).optional(),
  /** Of a backup: the group for which the record is written. */
  groupName: z.string().optional(),
  /** Of a restore: below this index every block was written by the worker before. */
  startIndex: z.int().min(0).optional(),
});
export type OrderSecrets = z.infer<typeof orderSecrets>;

/** `tasks/<t>/<a>/claim.json`. */
export const claimDocument = z.object({ version: z.literal(1), worker: hex(16) });

const progress = z.object({ blocks: z.int(), bytes: z.int(), totalBlocks: z.int().optional(), totalBytes: z.int().optional(), fraction: z.number(), bytesPerSecond: z.number() });

/** What happens in the work of an attempt. */
const workEvent = z.looseObject({ type: z.string() });

/** Events that a status or an outcome tells: all but those of progress, in their order, and the newest of those where it came after them. */
const told = z.object({ events: z.array(workEvent), progress: workEvent.optional() });
export type ToldEvents = z.infer<typeof told>;

/** `tasks/<t>/<a>/status.json`. */
export const statusDocument = z.object({
  version: z.literal(1),
  beat: z.int(),
  method: z.object({ method: z.enum(["full", "incremental"]), baseSnapshotId: z.string().optional(), fullReason: z.string().optional() }).optional(),
  progress: progress.optional(),
  /** That a checkpoint is written: a later run can go on with the snapshot that this one reads. */
  isResumable: z.boolean().optional(),
  /** Of a restore: every block below this index is in the target. */
  writtenBelow: z.int().min(0).optional(),
  /** Of work in a repository. */
  told: told.optional(),
  /** `held` until the worker's lease on the repository is known to be lost; `over` when the worker has nothing to do with the attempt any more. */
  lease: z.enum(["held", "lost", "over"]),
});
export type StatusDocument = z.infer<typeof statusDocument>;

/** An error, told to who is elsewhere. */
export const errorDocument = z.object({
  name: z.string(),
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  context: recordOf(z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).optional(),
  service: z.string().optional(),
  operation: z.string().optional(),
  requestId: z.string().optional(),
  awsCode: z.string().optional(),
});
export type ErrorDocument = z.infer<typeof errorDocument>;

/** `tasks/<t>/<a>/outcome.json`: the one end of an attempt. `abandoned` by the engine, or by a worker whose machine is taken back (`isInterruption`). */
export const outcomeDocument = z.discriminatedUnion("kind", [
  z.object({ version: z.literal(1), kind: z.literal("done"), result: z.unknown(), told: told.optional() }),
  z.object({ version: z.literal(1), kind: z.literal("failed"), error: errorDocument }),
  z.object({ version: z.literal(1), kind: z.literal("abandoned"), reason: z.string(), isInterruption: z.boolean().optional() }),
]);
export type OutcomeDocument = z.infer<typeof outcomeDocument>;

/** `tasks/<t>/<a>/control.json`. */
export const controlDocument = z.object({ version: z.literal(1), command: z.enum(["cancel", "release"]) });

/** `restores/<s>.json`: that a restore makes snapshots (docs/workers.md, section 9). One of its tags no other restore has. */
export const restoreDocument = z
  .object({
    version: z.literal(1),
    session: hex(16),
    engine: hex(16),
    applianceId: z.string(),
    beat: z.int().min(0),
    state: z.enum(["making", "made", "reaping"]),
    accountId: z.string(),
    region: z.string(),
    /** What it makes carries all of these. */
    tags,
    /** By which it can be gone on with, if it can. */
    restoreId: z.string().optional(),
    /** Of one that is reaped: when its engine was last heard of, by the store's clock. */
    silentSince: z.string().optional(),
  })
  .refine(({ session, restoreId, tags: own }) => Object.values(own).includes(restoreId ?? session));
export type RestoreDocument = z.infer<typeof restoreDocument>;
