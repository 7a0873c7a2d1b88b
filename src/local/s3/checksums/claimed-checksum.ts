import type { RequestContext } from "../../service.js";
import { invalidRequest } from "../s3-error.js";
import {
  CHECKSUM_ALGORITHMS,
  DIGEST_SIZE_BYTES,
  isChecksumAlgorithm,
  type ChecksumAlgorithmName,
  type StoredChecksum,
} from "./checksum-algorithm.js";

/** The members of an input or output that carry a checksum. */
export type ChecksumMembers = { readonly [Name in ChecksumAlgorithmName as `Checksum${Name}`]?: string | undefined };

/** A checksum that a request claims of its body: the value, or none yet where it follows the body as a trailer. */
export interface ClaimedChecksum {
  readonly algorithm: ChecksumAlgorithmName;
  readonly value: string | undefined;
}

/** The one checksum that the request's members and trailer announce. */
export function claimedChecksum(
  input: ChecksumMembers & { readonly ChecksumAlgorithm?: string | undefined },
  context: RequestContext,
): ClaimedChecksum | undefined {
  const claims: ClaimedChecksum[] = [];
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = input[`Checksum${algorithm}`];
    if (value !== undefined) claims.push({ algorithm, value: assertChecksumValue(algorithm, value) });
  }
  for (const header of (context.headers["x-amz-trailer"] ?? "").split(",")) {
    const algorithm = /^x-amz-checksum-(.+)$/.exec(header.trim().toLowerCase())?.[1]?.toUpperCase();
    if (algorithm === undefined) continue;
    if (!isChecksumAlgorithm(algorithm)) throw invalidRequest("The value specified in the x-amz-trailer header is not supported");
    claims.push({ algorithm, value: undefined });
  }
  if (claims.length > 1) {
    throw invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  }
  const announced = input.ChecksumAlgorithm;
  if (announced !== undefined && claims.length === 0) {
    throw invalidRequest(
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  }
  if (announced !== undefined && announced !== claims[0]?.algorithm) {
    throw invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
  }
  return claims[0];
}

export function assertChecksumValue(algorithm: ChecksumAlgorithmName, value: string): string {
  const digest = Buffer.from(value, "base64");
  if (digest.length !== DIGEST_SIZE_BYTES[algorithm] || digest.toString("base64") !== value) {
    throw invalidRequest(`Value for x-amz-checksum-${algorithm.toLowerCase()} header is invalid.`);
  }
  return value;
}

/** The members of an output for a stored checksum. */
export function checksumMembers(
  checksum: StoredChecksum | undefined,
): ChecksumMembers & { readonly ChecksumType?: StoredChecksum["type"] } {
  if (checksum === undefined) return {};
  return { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type };
}

/** The member for a part's checksum: parts have no type. */
export function partChecksumMembers(
  checksum: { readonly algorithm: ChecksumAlgorithmName; readonly value: string } | undefined,
): ChecksumMembers {
  return checksum === undefined ? {} : { [`Checksum${checksum.algorithm}`]: checksum.value };
}
