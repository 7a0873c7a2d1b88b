import { createHash } from "node:crypto";
import type { CompletedPart } from "@aws-sdk/client-s3";
import { ServiceError } from "../../../service.js";
import { createChecksumHash, type StoredChecksum } from "../../checksums/checksum-algorithm.js";
import { combineCrcs, isCombinable } from "../../checksums/crc-combination.js";
import { invalidRequest, malformedXml } from "../../s3-error.js";
import type { UploadState } from "../../storage/bucket-state.js";
import type { MultipartUpload, UploadedPart } from "../../storage/object-version.js";
import { unquoted } from "../conditions.js";
import { assertPartNumber } from "./find-upload.js";

const MAX_PARTS = 10_000;

/** The parts that a completion names, in order, each checked against what was uploaded. */
export function selectParts(state: UploadState, named: readonly CompletedPart[] | undefined, minPartBytes: number): UploadedPart[] {
  if (named === undefined || named.length === 0 || named.length > MAX_PARTS) throw malformedXml();
  let before = 0;
  const parts = named.map((one) => {
    const partNumber = assertPartNumber(one.PartNumber);
    if (partNumber <= before) {
      throw new ServiceError("InvalidPartOrder", 400, "The list of parts was not in ascending order. The parts list must be specified in order by part number.");
    }
    before = partNumber;
    const part = state.parts.get(partNumber);
    if (part === undefined || unquoted(one.ETag ?? "") !== part.etag) throw invalidPart(state.upload, partNumber, one.ETag);
    assertPartChecksum(state.upload, part, one);
    return part;
  });
  for (const part of parts.slice(0, -1)) {
    if (part.segment.sizeBytes >= minPartBytes) continue;
    throw new ServiceError("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size", {
      ProposedSize: part.segment.sizeBytes,
      MinSizeAllowed: minPartBytes,
      PartNumber: part.partNumber,
      ETag: part.etag,
    });
  }
  return parts;
}

/** S3's ETag of a multipart object: the MD5 of the parts' MD5s, and how many there are. */
export function multipartEtag(parts: readonly UploadedPart[]): string {
  const hash = createHash("md5");
  for (const part of parts) hash.update(Buffer.from(part.etag, "hex"));
  return `${hash.digest("hex")}-${parts.length}`;
}

/** The object's checksum from those of its parts; none where the parts have none in common that can be put together. */
export function multipartChecksum(upload: MultipartUpload, parts: readonly UploadedPart[]): StoredChecksum | undefined {
  const { algorithm, type } = upload.checksum ?? { algorithm: "CRC64NVME", type: "FULL_OBJECT" };
  const digests: { digest: Buffer; sizeBytes: number }[] = [];
  for (const { checksum, segment } of parts) {
    if (checksum?.algorithm !== algorithm) return undefined;
    digests.push({ digest: Buffer.from(checksum.value, "base64"), sizeBytes: segment.sizeBytes });
  }
  if (type === "FULL_OBJECT") {
    if (!isCombinable(algorithm)) throw new Error(`The upload asks for a whole ${algorithm}, which can't be put together.`);
    return { algorithm, type, value: combineCrcs(algorithm, digests).toString("base64") };
  }
  const hash = createChecksumHash(algorithm);
  for (const { digest } of digests) hash.update(digest);
  return { algorithm, type, value: `${hash.digest().toString("base64")}-${parts.length}` };
}

/** A composite checksum rests on the client's list of the parts' own. */
function assertPartChecksum(upload: MultipartUpload, part: UploadedPart, named: CompletedPart): void {
  const algorithm = upload.checksum?.algorithm ?? part.checksum?.algorithm;
  const value = algorithm === undefined ? undefined : named[`Checksum${algorithm}`];
  if (value === undefined && upload.checksum?.type === "COMPOSITE") {
    throw invalidRequest(
      `The upload was created using a ${upload.checksum.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${part.partNumber} in the request.`,
    );
  }
  if (value !== undefined && value !== part.checksum?.value) throw invalidPart(upload, part.partNumber, named.ETag);
}

function invalidPart(upload: MultipartUpload, partNumber: number, etag: string | undefined): ServiceError {
  const message =
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
  return new ServiceError("InvalidPart", 400, message, { UploadId: upload.uploadId, PartNumber: partNumber, ETag: etag });
}
