import { createHash } from "node:crypto";
import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { optionError } from "../../options/option-error.js";
import { regionSchema, signalSchema, tagsSchema, truth } from "../../options/schemas.js";
import { restoreIdPattern, restoreIdRule, takeOverNeedsId } from "../restore-id.js";
import type { Tags } from "../../ports/index.js";

/** How the new instance differs from the one that was backed up. What is left out is as it was. */
export interface NewInstanceOptions {
  /** Default: the original's region. */
  readonly region?: string | undefined;
  /** The value of its tag `Name`. */
  readonly name?: string | undefined;
  readonly instanceType?: string | undefined;
  /** For all its network interfaces. Needed in another region or account. */
  readonly subnetId?: string | undefined;
  /** For all its network interfaces. Needed in another region or account, or in another network. */
  readonly securityGroupIds?: readonly string[] | undefined;
  /** The ARN of the key that encrypts its volumes. Default: encrypted where the original was, with the account's own key for EBS there. */
  readonly kmsKeyId?: string | undefined;
  /** Of the primary network interface. Default: one that is free. */
  readonly privateIp?: string | undefined;
  /** The allocation id of an elastic address that is free. */
  readonly elasticIp?: string | undefined;
  /** Take the place of all the original's tags. */
  readonly tags?: Tags | undefined;
  /** `null`: none. */
  readonly keyName?: string | null | undefined;
  /** A name or an ARN; `null`: none. */
  readonly iamInstanceProfile?: string | null | undefined;
  /** As text, at most 16 KiB; `null`: none. It is in no event, log or plan. */
  readonly userData?: string | null | undefined;
  /** How its volumes come to it. Default: `image` for plain Linux, `swap` where licences or product codes must stay. */
  readonly way?: "image" | "swap" | undefined;
  /** For the way `swap`: the image that is launched first and brings licences and codes along. Default: the original's. */
  readonly imageId?: string | undefined;
}

/** Where an instance is restored to, and how. */
export interface InstanceRestoreOptions {
  /** `original`: the instance itself gets the volumes of the restore point, or is made anew where it is gone. */
  readonly to: "original" | NewInstanceOptions;
  /** By which a restore that was cut short is gone on with or undone: 8 to 32 lower-case letters and digits. Default: the session's. */
  readonly id?: string | undefined;
  /**
   * Says that the process which worked at this `id` is dead: its lease is taken at once, and the restore goes on fifteen seconds later, rather than when nothing was heard of it for a minute and a half. A process that lives after
   * all stops at its next beat, which comes within ten seconds, and takes nothing back (`RestoreTakenOver`). Needs `id`. Default: false.
   */
  readonly takeOver?: boolean | undefined;
  /** What becomes of volumes that were replaced in place. Default: `keep`. */
  readonly replaced?: "keep" | "remove" | undefined;
  /** Whether the snapshots stay. Default: false. */
  readonly keepSnapshots?: boolean | undefined;
  /** Whether each finished snapshot is read again and compared with the restore point, block by block, before a volume is made of it. Each read is paid for. Default: false. */
  readonly compare?: boolean | undefined;
  /** Whether what was done is undone after a failure; what `compare` finds to be different always is. Default: true. */
  readonly undo?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How an undo is carried out. */
export interface UndoInstanceOptions {
  /** Where the restore was to. Default: the account's region. */
  readonly region?: string | undefined;
  /** Says that the process which worked at this restore is dead: its lease is taken at once, and the undo begins fifteen seconds later, as in {@link InstanceRestoreOptions.takeOver}. Default: false. */
  readonly takeOver?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const text = (must: string): z.ZodString => z.string({ error: must }).min(1, must);
/** An id of EC2's. */
export const resourceId = (prefix: string, what: string): z.ZodString => {
  const must = `must be the id of ${what}, like ${prefix}-0123456789abcdef0.`;
  return z.string({ error: must }).regex(new RegExp(`^${prefix}-[0-9a-z]+$`), must);
};
/** Three of the fifty that AWS allows are the restore's own. */
const maxTags = 47;
const maxUserDataBytes = 16_384;
const keyRule = "must be the ARN of a KMS key, not an id or an alias.";
const ipRule = "must be an IPv4 address.";

export const newInstanceSchema = z.strictObject({
  region: regionSchema.optional(),
  name: z.string({ error: "must be a text." }).optional(),
  instanceType: text("must be an instance type, like m7i.large.").optional(),
  subnetId: resourceId("subnet", "a subnet").optional(),
  securityGroupIds: z.array(resourceId("sg", "a security group"), { error: "must be a list of security groups' ids." }).min(1, "must have at least one security group, or be left out.").optional(),
  kmsKeyId: z.string({ error: keyRule }).regex(/^arn:aws[\w-]*:kms:[^:]+:\d{12}:key\/.+$/, keyRule).optional(),
  privateIp: z.ipv4({ error: ipRule }).optional(),
  elasticIp: resourceId("eipalloc", "an elastic address's allocation").optional(),
  tags: tagsSchema.refine((tags) => Object.keys(tags).length <= maxTags, `must be at most ${String(maxTags)} tags: a restore adds three to them, and AWS allows fifty.`).optional(),
  keyName: text("must be the name of a key pair, or null.").nullable().optional(),
  iamInstanceProfile: text("must be the name or the ARN of an instance profile, or null.").nullable().optional(),
  userData: z.string({ error: "must be a text, or null." }).nullable().optional(),
  way: z.enum(["image", "swap"], { error: 'must be "image" or "swap".' }).optional(),
  imageId: resourceId("ami", "an image").optional(),
});

const toRule = 'must be "original", or an object with what the new instance shall be.';
/** What every restore that exchanges volumes takes. */
export const swapShape = {
  id: z.string({ error: restoreIdRule }).regex(restoreIdPattern, restoreIdRule).optional(),
  takeOver: truth,
  replaced: z.enum(["keep", "remove"], { error: 'must be "keep" or "remove".' }).optional(),
  keepSnapshots: truth,
  compare: truth,
  undo: truth,
  signal: signalSchema,
};

const instanceSchema = z.strictObject({ to: z.union([z.literal("original"), newInstanceSchema], { error: toRule }), ...swapShape });

/** Checks the options, each by its path; user data is never repeated in a message. */
export function resolveInstanceRestoreOptions(options: InstanceRestoreOptions): InstanceRestoreOptions {
  const of = "an instance's restore";
  const outer = { of, known: Object.keys(instanceSchema.shape) };
  const { to } = checkOptions<{ readonly to: unknown }>(options, { ...outer, schema: z.looseObject({ to: z.unknown() }) });
  if (typeof to === "object" && to !== null) checkTarget(to);
  return checkOptions<InstanceRestoreOptions>(options, { ...outer, schema: instanceSchema.refine(takeOverNeedsId.isRight, takeOverNeedsId.otherwise) });
}

/** Refuses what is not known of a new instance without repeating its value: it may be user data under a wrong name. */
export function refuseUnknown(path: string, to: object, known: readonly string[] = Object.keys(newInstanceSchema.shape)): void {
  const unknown = Object.keys(to).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw optionError(`${path}.${unknown}`, `is not known in ${path}; there are ${known.join(", ")}.`);
}

/** Alone a target's errors have their own paths, which a union would hide. */
function checkTarget(to: object): void {
  refuseUnknown("to", to);
  const { userData, ...shown } = to as NewInstanceOptions;
  checkOptions<{ readonly to: object }>({ to: shown }, { of: "an instance's restore", schema: z.strictObject({ to: newInstanceSchema }) });
  if (userData === undefined || userData === null) return;
  if (typeof userData !== "string" || Buffer.byteLength(userData, "utf8") > maxUserDataBytes) {
    throw optionError("to.userData", `must be a text of at most ${String(maxUserDataBytes)} bytes, or null.`);
  }
  const { way, imageId } = shown;
  if (imageId !== undefined && way === "image") throw optionError("to.imageId", "makes no sense with way: \"image\", which registers one of its own; leave one of them out.");
}

/** Checks the id of a restore that is undone. */
export function checkRestoreId(id: string): string {
  if (typeof id === "string" && restoreIdPattern.test(id)) return id;
  throw optionError("id", `${restoreIdRule} It is in the restore's event "instance:restoring", in its result, and in the tag holdfast:restore.`);
}

export function resolveUndoInstanceOptions(options: UndoInstanceOptions): UndoInstanceOptions {
  const schema = z.strictObject({ region: regionSchema.optional(), takeOver: truth, signal: signalSchema });
  return checkOptions<UndoInstanceOptions>(options, { of: "an undo", schema });
}

const digestLength = 12;

/** By which a restore that is gone on with is known to be the same. User data may be a secret and does not count. */
export function digestOf(point: string, { to, replaced, keepSnapshots }: InstanceRestoreOptions): string {
  const { userData: _secret, ...target } = typeof to === "string" ? { userData: undefined, to } : to;
  return digest([point, Object.entries(target).filter(([, value]) => value !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)), replaced ?? "keep", keepSnapshots ?? false]);
}

/** A short digest of facts in JSON. */
export function digest(facts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, digestLength);
}
