import { ServiceError } from "../../service.js";
import type { WireRequest } from "../call.js";
import { ChunkSignatures } from "../sigv4/chunk-signatures.js";
import type { Authorization } from "../sigv4/authorization.js";
import { AwsChunkedDecoder } from "./aws-chunked-decoder.js";
import type { BodyDecoder } from "./body-decoder.js";
import { PlainDecoder } from "./plain-decoder.js";

const HEX_HASH = /^[0-9a-fA-F]{64}$/;

export interface BodySigning {
  readonly authorization: Authorization;
  readonly signingKey: Buffer;
  /** The value that the signature covers for the body. */
  readonly payloadHash: string;
  /** What is raised for a body other than the signed one. */
  readonly mismatch: () => ServiceError;
}

/** Chooses how the body of a request is decoded and checked, by what the client signed in place of its hash. */
export function chooseDecoder(request: WireRequest, signing: BodySigning): BodyDecoder {
  const { payloadHash } = signing;
  if (HEX_HASH.test(payloadHash)) return new PlainDecoder(payloadHash, signing.mismatch);
  switch (payloadHash) {
    case "UNSIGNED-PAYLOAD":
      return new PlainDecoder(undefined, signing.mismatch);
    case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
      return chunked(request, undefined, true);
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
      return chunked(request, new ChunkSignatures(signing.authorization, signing.signingKey), false);
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
      return chunked(request, new ChunkSignatures(signing.authorization, signing.signingKey), true);
    default:
      throw new ServiceError(
        "InvalidArgument",
        400,
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
      );
  }
}

function chunked(request: WireRequest, signatures: ChunkSignatures | undefined, hasTrailers: boolean): BodyDecoder {
  const length = request.headers["x-amz-decoded-content-length"];
  if (length === undefined || !/^\d{1,15}$/.test(length)) {
    throw new ServiceError("MissingContentLength", 411, "You must provide the x-amz-decoded-content-length HTTP header.");
  }
  const names = request.headers["x-amz-trailer"]?.split(",").map((name) => name.trim().toLowerCase());
  return new AwsChunkedDecoder({ decodedLength: Number(length), signatures, trailerNames: hasTrailers ? (names ?? []) : undefined });
}
