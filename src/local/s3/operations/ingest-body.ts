import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { ServiceError } from "../../service.js";
import { createChecksumHash, type ChecksumAlgorithmName } from "../checksums/checksum-algorithm.js";
import { assertChecksumValue, type ClaimedChecksum } from "../checksums/claimed-checksum.js";
import { badDigest, invalidRequest } from "../s3-error.js";
import type { DataFiles } from "../storage/data-files.js";
import type { Segment } from "../storage/object-version.js";

const MD5_SIZE_BYTES = 16;

export interface IngestOptions {
  readonly files: DataFiles;
  readonly body: Readable | Uint8Array | undefined;
  readonly contentMd5: string | undefined;
  readonly contentLength: number | undefined;
  readonly claim: ClaimedChecksum | undefined;
  /** What to compute where the client claims nothing. */
  readonly fallbackAlgorithm: ChecksumAlgorithmName | undefined;
  readonly maxBytes: number;
}

export interface IngestedBody {
  readonly segment: Segment;
  /** In hexadecimal. */
  readonly md5: string;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithmName; readonly value: string };
}

/** Writes a request's body to a data file in one pass, and verifies what the request claims of it; on a mismatch nothing stays. */
export async function ingestBody(options: IngestOptions): Promise<IngestedBody> {
  const { files, claim, maxBytes } = options;
  const claimedMd5 = parseMd5(options.contentMd5);
  if ((options.contentLength ?? 0) > maxBytes) throw entityTooLarge(maxBytes, options.contentLength);
  const body = options.body instanceof Readable ? options.body : Readable.from([options.body ?? new Uint8Array()]);
  const algorithm = claim?.algorithm ?? options.fallbackAlgorithm;
  const checksumHash = algorithm === undefined ? undefined : createChecksumHash(algorithm);
  const md5Hash = createHash("md5");
  let sizeBytes = 0;
  const segment = await files.write(body as AsyncIterable<Uint8Array>, (bytes) => {
    sizeBytes += bytes.length;
    if (sizeBytes > maxBytes) throw entityTooLarge(maxBytes, sizeBytes);
    md5Hash.update(bytes);
    checksumHash?.update(bytes);
  });
  try {
    const md5 = md5Hash.digest();
    if (claimedMd5 !== undefined && !claimedMd5.equals(md5)) {
      throw badDigest("The Content-MD5 you specified did not match what we received.");
    }
    if (options.contentLength !== undefined && segment.sizeBytes !== options.contentLength) {
      const message = "You did not provide the number of bytes specified by the Content-Length HTTP header";
      throw new ServiceError("IncompleteBody", 400, message);
    }
    if (algorithm === undefined || checksumHash === undefined) return { segment, md5: md5.toString("hex") };
    const value = checksumHash.digest().toString("base64");
    if (claim !== undefined && claimedValue(claim, body) !== value) {
      throw badDigest(`The ${algorithm} you specified did not match the calculated checksum.`);
    }
    return { segment, md5: md5.toString("hex"), checksum: { algorithm, value } };
  } catch (error) {
    await files.release([segment.file]);
    throw error;
  }
}

/** The claimed value, from the trailers of a body that has ended where it wasn't known before. */
function claimedValue(claim: ClaimedChecksum, body: Readable): string {
  if (claim.value !== undefined) return claim.value;
  const { trailers } = body as { readonly trailers?: Readonly<Record<string, string>> };
  const value = trailers?.[`x-amz-checksum-${claim.algorithm.toLowerCase()}`];
  if (value === undefined) throw invalidRequest("The x-amz-trailer header announces a checksum that didn't follow the body.");
  return assertChecksumValue(claim.algorithm, value);
}

function parseMd5(contentMd5: string | undefined): Buffer | undefined {
  if (contentMd5 === undefined) return undefined;
  const digest = Buffer.from(contentMd5, "base64");
  if (digest.length !== MD5_SIZE_BYTES || digest.toString("base64") !== contentMd5) {
    throw new ServiceError("InvalidDigest", 400, "The Content-MD5 you specified was invalid.");
  }
  return digest;
}

function entityTooLarge(maxBytes: number, proposedBytes: number | undefined): ServiceError {
  const message = "Your proposed upload exceeds the maximum allowed size";
  return new ServiceError("EntityTooLarge", 400, message, { MaxSizeAllowed: maxBytes, ProposedSize: proposedBytes });
}
