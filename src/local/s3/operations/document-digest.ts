import { createHash } from "node:crypto";
import type { RequestContext } from "../../service.js";
import { CHECKSUM_ALGORITHMS, createChecksumHash } from "../checksums/checksum-algorithm.js";
import { badDigest, invalidRequest } from "../s3-error.js";

/** Refuses a document without a digest, and one whose bytes do not have the digests that the request claims for them. */
export function assertDocumentDigest({ headers, document }: RequestContext): void {
  const names = Object.keys(headers);
  const hasDigest = names.some((name) => name === "content-md5" || name.startsWith("x-amz-checksum-") || name === "x-amz-trailer");
  if (!hasDigest) throw invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  if (document === undefined) return;
  const { bytes, trailers } = document;
  const md5 = headers["content-md5"];
  if (md5 !== undefined && createHash("md5").update(bytes).digest("base64") !== md5) throw badDigest("The Content-MD5 you specified did not match what we received.");
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const header = `x-amz-checksum-${algorithm.toLowerCase()}`;
    const claimed = headers[header] ?? trailers[header];
    if (claimed === undefined) continue;
    const hash = createChecksumHash(algorithm);
    hash.update(bytes);
    if (hash.digest().toString("base64") !== claimed) throw badDigest(`The ${algorithm} you specified did not match the calculated checksum.`);
  }
}
