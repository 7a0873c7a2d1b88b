import * as z from "zod";
import { checkOptions } from "../options/check-options.js";
import { filledText, signalSchema, truth, withMethods } from "../options/schemas.js";
import type { CloudAccount } from "../ports/index.js";
import type { Repository } from "../repository/repository.js";
import { WorkerPool, type Workers } from "../workers/index.js";
import { thawOption, type RestoreThawOptions } from "./thaw/thaw-first.js";

/** From where and as whom restores are made. */
export interface RestoreOptions {
  readonly repository: Repository;
  /** In which account volumes are made. Needed for volumes, not for images. */
  readonly account?: CloudAccount | undefined;
  /** Who moves the data. Default: `WorkerPool.inProcess()`. */
  readonly workers?: Workers | undefined;
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
  /** Makes what lies in an archive readable first, and waits for it. Without it that is an error (`ThawNeeded`). */
  readonly thaw?: RestoreThawOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedRestoreOptions {
  readonly repository: Repository;
  readonly account: CloudAccount | undefined;
  readonly workers: Workers;
}

const restoreSchema = z.strictObject({
  repository: withMethods<Repository>(["restorePoint", "restorePoints"], "must be a Repository, from Repository.create or Repository.open."),
  account: withMethods<CloudAccount>(["compute", "openSnapshotWriter"], "must be an AwsAccount.").optional(),
  workers: withMethods<Workers>(["restoreBlocks"], "must be workers, from WorkerPool.inProcess().").optional(),
});

const imageSchema = z.strictObject({
  volume: filledText("must be the id of a volume in the restore point.").optional(),
  path: filledText("must be the path of the image file.").refine((path) => !path.includes("\0"), "must be the path of a file, without a null character."),
  format: z.literal("raw", { error: 'must be "raw", the only format in this version.' }).optional(),
  overwrite: truth,
  thaw: thawOption,
  signal: signalSchema,
});

export function resolveRestoreOptions(options: RestoreOptions): ResolvedRestoreOptions {
  const { repository, account, workers } = checkOptions<RestoreOptions>(options, { of: "a restore", schema: restoreSchema });
  return { repository, account, workers: workers ?? WorkerPool.inProcess() };
}

export function resolveImageRestoreOptions(options: ImageRestoreOptions): ImageRestoreOptions {
  return checkOptions<ImageRestoreOptions>(options, { of: "an image's restore", schema: imageSchema });
}
