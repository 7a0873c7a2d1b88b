import * as z from "zod";
import { checkOptions } from "../options/check-options.js";
import { optionError } from "../options/option-error.js";
import { filledText, regionSchema, signalSchema, tagsSchema, truth } from "../options/schemas.js";
import type { Tags } from "../ports/index.js";
import { restoreIdPattern, restoreIdRule, takeOverNeedsId } from "./restore-id.js";
import { thawOption, type RestoreThawOptions } from "./thaw/thaw-first.js";

/** What of a restore is the same whether a volume or a snapshot is made. */
export interface SnapshotSettings {
  /** Which of the point's volumes; may be left out where it has only one. */
  readonly volume?: string | undefined;
  /** Default: true where the original was encrypted or `kmsKeyId` is given, otherwise as the account encrypts new volumes. */
  readonly encrypted?: boolean | undefined;
  /**
   * 8 to 32 lower-case letters and digits. By it a restore whose process died is gone on with: who calls again with the same id and options, on whatever machine, takes over what was made and written, and gets what is
   * finished already. After a failure or an abort, which leave nothing of what is not finished, it begins again; what an earlier call has finished stays, whatever becomes of a later one. What lies half written can be gone on with for a day. Not together with `parentSnapshotId`: a delta is short and begins again. Default: none.
   */
  readonly id?: string | undefined;
  /**
   * Says that the process which worked at this `id` is dead: its lease is taken at once, and the restore goes on fifteen seconds later, rather than when nothing was heard of it for a minute and a half. A process that lives after
   * all stops at its next beat, which comes within ten seconds, and takes nothing back (`RestoreTakenOver`). Needs `id`. Default: false.
   */
  readonly takeOver?: boolean | undefined;
  /** The ARN of the key. Default: the account's own for EBS in that region. */
  readonly kmsKeyId?: string | undefined;
  /**
   * A snapshot, in the region that is restored to, over which the new one is written: only blocks that differ from it are. The best is a recent one of the very volume. Where it cannot be the parent (gone, of another size,
   * encryption or key), everything is written, and a `restore:full` event and the result say why.
   */
  readonly parentSnapshotId?: string | undefined;
  /** Whether the finished snapshot is read again and compared with the restore point, block by block. Each read is paid for. Default: false. */
  readonly compare?: boolean | undefined;
  /** Makes what lies in an archive readable first, and waits for it. Without it that is an error (`ThawNeeded`). */
  readonly thaw?: RestoreThawOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a volume that is made out of a snapshot performs. What is left out is as it was when backed up. */
export interface VolumeSettings {
  /** `gp3`, `io2`, ... Default: the original's type; `gp3` where that is not known. */
  readonly volumeType?: string | undefined;
  /** The volume's size, from the original's on: the space beyond it reads as zeros, until a partition is grown into it. Default: the original's. */
  readonly sizeGib?: number | undefined;
  /** Default: the original's, where the type is the original's too. */
  readonly iops?: number | undefined;
  /** Default: the original's, where the type is the original's too. */
  readonly throughputMiBps?: number | undefined;
  /** How fast EC2 brings the snapshot's blocks into the volume, in MiB/s: from 100 to 300, and paid for. Default: as they are first read. */
  readonly initializationRateMiBps?: number | undefined;
  /** Tags of the new volume. Default: those of the original. */
  readonly tags?: Tags | undefined;
}

/** Which volume is restored, and what the new one shall be. What is left out is as it was when backed up. */
export interface VolumeRestoreOptions extends SnapshotSettings, VolumeSettings {
  readonly availabilityZone: string;
  /** Default: the availability zone's. Needed for a local zone, whose name does not tell. */
  readonly region?: string | undefined;
  /** Whether the snapshot that the volume is made from stays. Default: false. */
  readonly keepSnapshot?: boolean | undefined;
}

/** Which volume is restored into a snapshot that stays, without a volume. */
export interface SnapshotRestoreOptions extends SnapshotSettings {
  /** Default: the account's own. */
  readonly region?: string | undefined;
  /** Tags of the snapshot, beside the engine's own. Default: those of the original. */
  readonly tags?: Tags | undefined;
}

export type ResolvedVolumeRestoreOptions = VolumeRestoreOptions & { readonly region: string };
export type ResolvedSnapshotRestoreOptions = SnapshotRestoreOptions & { readonly region: string };

const wholeNumber = z.int({ error: "must be a whole number." }).min(1, "must be a whole number from 1.").optional();
/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html, VolumeInitializationRate */
const rateRule = "must be a whole number from 100 to 300: MiB/s, as EC2 has it.";
const maxTags = 50;

const tags = tagsSchema.refine((given) => Object.keys(given).length <= maxTags, `must be at most ${String(maxTags)} tags, as many as AWS allows.`).optional();
const keyRule = "must be the ARN of a KMS key, not an id or an alias.";

const snapshotRule = 'must be the id of a snapshot, like "snap-0abc".';

const snapshotSettings = {
  volume: filledText("must be the id of a volume in the restore point.").optional(),
  id: z.string({ error: restoreIdRule }).regex(restoreIdPattern, restoreIdRule).optional(),
  takeOver: truth,
  encrypted: truth,
  kmsKeyId: z.string({ error: keyRule }).regex(/^arn:aws[\w-]*:kms:[^:]+:\d{12}:key\/.+$/, keyRule).optional(),
  parentSnapshotId: z.string({ error: snapshotRule }).regex(/^snap-[0-9a-f]+$/, snapshotRule).optional(),
  compare: truth,
  thaw: thawOption,
  signal: signalSchema,
};

const volumeSettings = {
  volumeType: filledText("must be a volume type, like gp3.").optional(),
  sizeGib: wholeNumber,
  iops: wholeNumber,
  throughputMiBps: wholeNumber,
  initializationRateMiBps: z.int({ error: rateRule }).min(100, rateRule).max(300, rateRule).optional(),
  tags,
};

const keyNeedsEncryption = {
  isRight: ({ encrypted, kmsKeyId }: Pick<SnapshotSettings, "encrypted" | "kmsKeyId">) => kmsKeyId === undefined || encrypted !== false,
  otherwise: { path: ["kmsKeyId"], message: "makes no sense with encrypted: false; leave one of them out." },
};

const idStandsAlone = {
  isRight: ({ id, parentSnapshotId }: Pick<SnapshotSettings, "id" | "parentSnapshotId">) => id === undefined || parentSnapshotId === undefined,
  otherwise: { path: ["id"], message: "makes no sense with parentSnapshotId: what differs is written quickly and begins again. Leave one of them out." },
};

const volumeShape = z.strictObject({
  ...snapshotSettings,
  ...volumeSettings,
  availabilityZone: filledText('must be the availability zone in which the volume is made, like "eu-west-1a".'),
  region: regionSchema.optional(),
  keepSnapshot: truth,
});

const snapshotShape = z.strictObject({ ...snapshotSettings, region: regionSchema.optional(), tags });

export function resolveVolumeRestoreOptions(options: VolumeRestoreOptions): ResolvedVolumeRestoreOptions {
  const schema = volumeShape.refine(keyNeedsEncryption.isRight, keyNeedsEncryption.otherwise).refine(idStandsAlone.isRight, idStandsAlone.otherwise).refine(takeOverNeedsId.isRight, takeOverNeedsId.otherwise);
  const given = checkOptions<VolumeRestoreOptions>(options, { of: "a volume's restore", schema });
  const region = given.region ?? /^([a-z]{2}(?:-[a-z]+)+-\d+)[a-z]$/.exec(given.availabilityZone)?.[1];
  if (region !== undefined) return { ...given, region };
  throw optionError("availabilityZone", `"${given.availabilityZone}" does not tell its region. Name it in "region" too.`);
}

/** `region`: the one for whoever names none. */
export function resolveSnapshotRestoreOptions(options: SnapshotRestoreOptions, region: string): ResolvedSnapshotRestoreOptions {
  const schema = snapshotShape.refine(keyNeedsEncryption.isRight, keyNeedsEncryption.otherwise).refine(idStandsAlone.isRight, idStandsAlone.otherwise).refine(takeOverNeedsId.isRight, takeOverNeedsId.otherwise);
  const given = checkOptions<SnapshotRestoreOptions>(options, { of: "a restore into a snapshot", schema });
  return { ...given, region: given.region ?? region };
}
