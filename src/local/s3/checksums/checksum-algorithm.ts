import { createHash } from "node:crypto";
import { Crc64Nvme } from "./crc64-nvme.js";
import { crc32c } from "./crc32c.js";
import { crc32 } from "../../crc32.js";

/** The additional checksums that the local S3 verifies and stores, with the member and header that carry each. */
export const CHECKSUM_ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;

export type ChecksumAlgorithmName = (typeof CHECKSUM_ALGORITHMS)[number];

export type ChecksumTypeName = "COMPOSITE" | "FULL_OBJECT";

/** A checksum of an object or a part as it is stored: `value` in base64, with `-<parts>` behind it for a composite one. */
export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithmName;
  readonly value: string;
  readonly type: ChecksumTypeName;
}

export interface ChecksumHash {
  update(bytes: Uint8Array): unknown;
  digest(): Buffer;
}

export const DIGEST_SIZE_BYTES: Readonly<Record<ChecksumAlgorithmName, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithmName {
  return (CHECKSUM_ALGORITHMS as readonly string[]).includes(name);
}

export function createChecksumHash(algorithm: ChecksumAlgorithmName): ChecksumHash {
  switch (algorithm) {
    case "CRC32":
      return new Crc32Hash(crc32);
    case "CRC32C":
      return new Crc32Hash(crc32c);
    case "CRC64NVME":
      return new Crc64Nvme();
    case "SHA1":
      return createHash("sha1");
    case "SHA256":
      return createHash("sha256");
  }
}

class Crc32Hash implements ChecksumHash {
  readonly #continue: (bytes: Uint8Array, previous: number) => number;
  #value = 0;

  constructor(continueCrc: (bytes: Uint8Array, previous: number) => number) {
    this.#continue = continueCrc;
  }

  update(bytes: Uint8Array): void {
    this.#value = this.#continue(bytes, this.#value);
  }

  digest(): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(this.#value >>> 0);
    return digest;
  }
}
