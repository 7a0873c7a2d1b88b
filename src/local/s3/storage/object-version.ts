import type { ChecksumAlgorithmName, StoredChecksum } from "../checksums/checksum-algorithm.js";

/** The version id of objects written while a bucket's versioning is not enabled. */
export const NULL_VERSION_ID = "null";

/** A run of an object's bytes: one file of the bucket's data folder. A multipart object has one for each part. */
export interface Segment {
  readonly file: string;
  readonly sizeBytes: number;
}

export interface Retention {
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  readonly untilMs: number;
}

/** A copy of an archived object that can be read from `readyAtMs` to `expiresAtMs`. */
export interface Restoration {
  readonly tier: string;
  readonly days: number;
  readonly readyAtMs: number;
  readonly expiresAtMs: number;
}

/** Headers that S3 keeps beside an object and gives back as they were. */
export interface ObjectHeaders {
  readonly CacheControl?: string;
  readonly ContentDisposition?: string;
  readonly ContentEncoding?: string;
  readonly ContentLanguage?: string;
  readonly ContentType?: string;
  readonly Expires?: string;
  readonly WebsiteRedirectLocation?: string;
}

export interface ObjectPart {
  readonly partNumber: number;
  readonly sizeBytes: number;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithmName; readonly value: string };
}

export interface ObjectEncryption {
  readonly algorithm: string;
  readonly kmsKeyId?: string;
  readonly isBucketKeyEnabled?: boolean;
}

/** What a write decides about an object beside its bytes; the same for a put, a copy and a multipart upload. */
export interface ObjectAttributes {
  readonly headers: ObjectHeaders;
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly encryption: ObjectEncryption;
  readonly retention?: Retention | undefined;
  readonly isLegallyHeld?: boolean;
}

/** A version of an object, or a delete marker. Never changed: a change of its lock, tags or restoration makes a new record. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  readonly modifiedAtMs: number;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly segments: readonly Segment[];
  readonly attributes: ObjectAttributes;
  readonly checksum?: StoredChecksum;
  readonly parts?: readonly ObjectPart[];
  readonly restoration?: Restoration;
}

/** A multipart upload that is neither completed nor aborted. */
export interface MultipartUpload {
  readonly uploadId: string;
  readonly key: string;
  readonly initiatedAtMs: number;
  readonly initiatorArn: string;
  readonly attributes: ObjectAttributes;
  /** What the client asked for; without it S3 keeps a CRC64NVME of the whole object where it can. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithmName; readonly type: StoredChecksum["type"] };
}

export interface UploadedPart {
  readonly partNumber: number;
  readonly segment: Segment;
  /** The MD5 of the part, in hexadecimal. */
  readonly etag: string;
  readonly modifiedAtMs: number;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithmName; readonly value: string };
}

export const EMPTY_ATTRIBUTES: ObjectAttributes = {
  headers: {},
  metadata: {},
  storageClass: "STANDARD",
  tags: {},
  encryption: { algorithm: "AES256" },
};
