import { z } from "zod";
import { ConfigurationError } from "../errors/index.js";
import { checkOptions } from "../options/check-options.js";
import { regionSchema, signalSchema, tagsSchema, withMethods } from "../options/schemas.js";
import type { CloudAccount, Tags } from "../ports/index.js";
import type { Repository } from "../repository/repository.js";
import { WorkerPool, type Workers } from "../workers/index.js";

/** From where and as whom restores are made. */
export interface RestoreOptions {
  readonly repository: Repository;
  /** In which account volumes are made. Needed for volumes, not for images. */
  readonly account?: CloudAccount | undefined;
  /** Who moves the data. Default: `WorkerPool.inProcess()`. */
  readonly workers?: Workers | undefined;
}

/** Which volume is restored, and what the new one shall be. What is left out is as it was when backed up. */
export interface VolumeRestoreOptions {
  /** Which of the point's volumes; may be left out where it has only one. */
  readonly volume?: string | undefined;
  readonly availabilityZone: string;
  /** Default: the availability zone's. Needed for a local zone, whose name does not tell. */
  readonly region?: string | undefined;
  /** `gp3`, `io2`, ... Default: the original's type; `gp3` where that is not known. */
  readonly volumeType?: string | undefined;
  /** Default: the original's, where the type is the original's too. */
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
  /** Default: true where the original was encrypted or `kmsKeyId` is given, otherwise as the account encrypts new volumes. */
  readonly encrypted?: boolean | undefined;
  /** The ARN of the key. Default: the account's own for EBS in that region. */
  readonly kmsKeyId?: string | undefined;
  /** Tags of the new volume. Default: those of the original. */
  readonly tags?: Tags | undefined;
  /** Whether the snapshot that the volume is made from stays. Default: false. */
  readonly keepSnapshot?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which volume is restored, and to which file. */
export interface ImageRestoreOptions {
  /** Which of the point's volumes; may be left out where it has only one. */
  readonly volume?: string | undefined;
  /** A file, or a block device: then what the image has no data for becomes zeros, and what the device has beyond the image's end is left. */
  readonly path: string;
  /** `raw`: byte for byte as the volume was, sparse. The only format in this version. */
  readonly format?: "raw" | undefined;
  /** Whether an existing file may be replaced, or what is on a device. Default: false. */
  readonly overwrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedRestoreOptions {
  readonly repository: Repository;
  readonly account: CloudAccount | undefined;
  readonly workers: Workers;
}

export type ResolvedVolumeRestoreOptions = VolumeRestoreOptions & { readonly region: string };

const restoreSchema = z.strictObject({
  repository: withMethods<Repository>(["restorePoint", "restorePoints"], "must be a Repository, from Repository.create or Repository.open."),
  account: withMethods<CloudAccount>(["compute", "openSnapshotWriter"], "must be an AwsAccount.").optional(),
  workers: withMethods<Workers>(["restoreBlocks"], "must be workers, from WorkerPool.inProcess().").optional(),
});

const filledText = (must: string): z.ZodString => z.string({ error: must }).min(1, must);
const wholeNumber = z.int({ error: "must be a whole number." }).min(1, "must be a whole number from 1.").optional();
const truth = z.boolean({ error: "must be true or false." }).optional();
const volume = filledText("must be the id of a volume in the restore point.").optional();

const maxTags = 50;

const volumeSchema = z
  .strictObject({
    volume,
    availabilityZone: filledText('must be the availability zone in which the volume is made, like "eu-west-1a".'),
    region: regionSchema.optional(),
    volumeType: filledText("must be a volume type, like gp3.").optional(),
    iops: wholeNumber,
    throughputMiBps: wholeNumber,
    encrypted: truth,
    kmsKeyId: z.string({ error: "must be the ARN of a KMS key, not an id or an alias." }).regex(/^arn:aws[\w-]*:kms:[^:]+:\d{12}:key\/.+$/, "must be the ARN of a KMS key, not an id or an alias.").optional(),
    tags: tagsSchema.refine((tags) => Object.keys(tags).length <= maxTags, `must be at most ${String(maxTags)} tags, as many as AWS allows.`).optional(),
    keepSnapshot: truth,
    signal: signalSchema,
  })
  .refine(({ encrypted, kmsKeyId }) => kmsKeyId === undefined || encrypted !== false, { path: ["kmsKeyId"], message: "makes no sense with encrypted: false; leave one of them out." });

const imageSchema = z.strictObject({
  volume,
  path: filledText("must be the path of the image file.").refine((path) => !path.includes("\0"), "must be the path of a file, without a null character."),
  format: z.literal("raw", { error: 'must be "raw", the only format in this version.' }).optional(),
  overwrite: truth,
  signal: signalSchema,
});

export function resolveRestoreOptions(options: RestoreOptions): ResolvedRestoreOptions {
  const { repository, account, workers } = checkOptions<RestoreOptions>(options, { of: "a restore", known: Object.keys(restoreSchema.shape), schema: restoreSchema });
  return { repository, account, workers: workers ?? WorkerPool.inProcess() };
}

export function resolveVolumeRestoreOptions(options: VolumeRestoreOptions): ResolvedVolumeRestoreOptions {
  const given = checkOptions<VolumeRestoreOptions>(options, { of: "a volume's restore", known: Object.keys(volumeSchema.shape), schema: volumeSchema });
  const region = given.region ?? /^([a-z]{2}(?:-[a-z]+)+-\d+)[a-z]$/.exec(given.availabilityZone)?.[1];
  if (region !== undefined) return { ...given, region };
  throw new ConfigurationError(`availabilityZone: "${given.availabilityZone}" does not tell its region. Name it in "region" too.`, { code: "InvalidOption", context: { path: "availabilityZone" } });
}

export function resolveImageRestoreOptions(options: ImageRestoreOptions): ImageRestoreOptions {
  return checkOptions<ImageRestoreOptions>(options, { of: "an image's restore", known: Object.keys(imageSchema.shape), schema: imageSchema });
}
