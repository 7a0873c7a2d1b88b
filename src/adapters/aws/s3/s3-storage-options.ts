import { checkOptionNames, invalidOption, optionError } from "../../../options/option-error.js";
import { AwsAccount } from "../aws-account.js";
import { checkRegion } from "../credentials/assume-role-options.js";

const storageClasses = ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"] as const;

/** Storage classes of Amazon S3. Objects in `GLACIER` (Flexible Retrieval) and `DEEP_ARCHIVE` must be thawed before they can be read. */
export type S3StorageClass = (typeof storageClasses)[number];

/** Where in S3 a repository lies. */
export interface S3StorageOptions {
  readonly account: AwsAccount;
  /** A general purpose bucket, which exists. */
  readonly bucket: string;
  /** What all keys begin with: parts of letters, digits, `.`, `_` and `-`, joined by `/`. None by default: the whole bucket. */
  readonly prefix?: string | undefined;
  /**
   * The class of what may be cold: objects that are put with `temperature: "cold"`. All others are always STANDARD, whatever
   * stands here, for they are read often or at once. Default STANDARD for cold ones too.
   */
  readonly storageClass?: S3StorageClass | undefined;
  /** The bucket's region (default: the account's). */
  readonly region?: string | undefined;
  /** The twelve digits of the account that the bucket must belong to: a bucket of the same name elsewhere is refused. */
  readonly expectedBucketOwner?: string | undefined;
}

export interface ResolvedS3StorageOptions {
  readonly account: AwsAccount;
  readonly bucket: string;
  /** Empty, or ending in `/`. */
  readonly keyPrefix: string;
  readonly storageClass: S3StorageClass | undefined;
  readonly region: string;
  readonly expectedBucketOwner: string | undefined;
}

/** Keys may have 1,024 bytes (Amazon S3 user guide, "Naming objects"), and an object's name takes up to 512. */
const maxPrefixBytes = 511;
const keys = ["account", "bucket", "prefix", "storageClass", "region", "expectedBucketOwner"];

/** Fills in defaults; raises `ConfigurationError` naming the path. */
export function resolveS3StorageOptions(options: S3StorageOptions): ResolvedS3StorageOptions {
  checkOptionNames(options, keys, "s3Storage");
  const { account, bucket, prefix = "", storageClass, expectedBucketOwner } = options;
  if (!(account instanceof AwsAccount)) throw invalidOption("account", account, "must be an AwsAccount.");
  checkBucket(bucket);
  checkPrefix(prefix);
  const region = options.region ?? account.region;
  checkRegion("region", region);
  if (storageClass !== undefined && !storageClasses.includes(storageClass)) {
    throw invalidOption("storageClass", storageClass, `must be one of ${storageClasses.join(", ")}.`);
  }
  if (expectedBucketOwner !== undefined && (typeof expectedBucketOwner !== "string" || !/^\d{12}$/.test(expectedBucketOwner))) {
    throw invalidOption("expectedBucketOwner", expectedBucketOwner, "must be an account's id of twelve digits, as a text.");
  }
  return { account, bucket, keyPrefix: prefix === "" ? "" : `${prefix}/`, storageClass, region, expectedBucketOwner };
}

function checkBucket(bucket: unknown): void {
  // Amazon S3 user guide, "General purpose bucket naming rules".
  if (typeof bucket !== "string" || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw invalidOption("bucket", bucket, "must be a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens.");
  if (!bucket.endsWith("--x-s3")) return;
  throw optionError("bucket", `${bucket} is a directory bucket, which lists in no order and has no Object Lock: take a general purpose bucket.`);
}

function checkPrefix(prefix: unknown): void {
  const isFine =
    typeof prefix === "string" &&
    (prefix === "" || (prefix.length <= maxPrefixBytes && /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/.test(prefix) && !prefix.split("/").some((part) => part === "." || part === "..")));
  if (!isFine) throw invalidOption("prefix", prefix, `must be parts of letters, digits, ".", "_" and "-" joined by "/", with none at the ends, at most ${maxPrefixBytes} bytes.`);
}
