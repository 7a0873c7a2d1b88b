import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createChecksumHash } from "./checksum-algorithm.js";
import { combineCrcs } from "./crc-combination.js";

describe("checksums", () => {
  it("gives the check values of the catalogue of CRCs", () => {
    const check = (algorithm: "CRC32" | "CRC32C" | "CRC64NVME") => {
      const hash = createChecksumHash(algorithm);
      hash.update(Buffer.from("123456789"));
      return hash.digest().toString("hex");
    };
    expect(check("CRC32")).toBe("cbf43926");
    expect(check("CRC32C")).toBe("e3069283");
    expect(check("CRC64NVME")).toBe("ae8b14860a799888");
  });

  it("does not depend on how the bytes are cut", () => {
    const bytes = randomBytes(10_007);
    for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
      const whole = createChecksumHash(algorithm);
      whole.update(bytes);
      const cut = createChecksumHash(algorithm);
      for (let at = 0; at < bytes.length; ) {
        const length = 1 + ((at * 7) % 61);
        cut.update(bytes.subarray(at, at + length));
        at += length;
      }
      expect(cut.digest().equals(whole.digest()), algorithm).toBe(true);
    }
  });

  it("combines the CRCs of parts to that of the whole", () => {
    const parts = [randomBytes(5000), randomBytes(5000), randomBytes(0), randomBytes(123)];
    for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME"] as const) {
      const digestOf = (bytes: Buffer) => {
        const hash = createChecksumHash(algorithm);
        hash.update(bytes);
        return hash.digest();
      };
      const combined = combineCrcs(
        algorithm,
        parts.map((part) => ({ digest: digestOf(part), sizeBytes: part.length })),
      );
      expect(combined.toString("hex"), algorithm).toBe(digestOf(Buffer.concat(parts)).toString("hex"));
    }
  });

  it("uses the standard hashes for SHA", () => {
    const hash = createChecksumHash("SHA256");
    hash.update(Buffer.from("abc"));
    expect(hash.digest().equals(createHash("sha256").update("abc").digest())).toBe(true);
  });
});
