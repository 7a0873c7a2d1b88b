import type {
  DefaultRetention,
  LifecycleRule,
  PublicAccessBlockConfiguration,
  ServerSideEncryptionConfiguration,
  TransitionDefaultMinimumObjectSize,
} from "@aws-sdk/client-s3";

/** What is set of a bucket as a whole. */
export interface BucketSettings {
  readonly name: string;
  readonly ownerAccountId: string;
  readonly region: string;
  readonly createdAtMs: number;
  /** Absent until versioning was set once. */
  readonly versioning?: "Enabled" | "Suspended" | undefined;
  /** Present where Object Lock is enabled; with the retention that new versions get, where one is set. */
  readonly objectLock?: { readonly defaultRetention?: DefaultRetention };
  readonly lifecycle?: LifecycleSettings | undefined;
  /** The JSON document as it was put. */
  readonly policy?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly encryption?: ServerSideEncryptionConfiguration | undefined;
  readonly publicAccessBlock?: PublicAccessBlockConfiguration | undefined;
}

export interface LifecycleSettings {
  readonly rules: readonly LifecycleRule[];
  readonly minimumObjectSize?: TransitionDefaultMinimumObjectSize;
}
