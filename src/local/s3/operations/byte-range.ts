import { ServiceError } from "../../service.js";
import type { ByteRange } from "../storage/segment-reader.js";

/**
 * The bytes that a `Range` header asks for of an object of `sizeBytes`; `undefined` for a header that isn't understood, which HTTP
 * says to pass over. Several ranges are refused: S3 has no multipart answers.
 */
export function resolveRange(header: string, sizeBytes: number): ByteRange | undefined {
  if (/^bytes=.*,/.test(header)) throw invalidRange(header, sizeBytes);
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.replaceAll(" ", ""));
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    if (length === 0) throw invalidRange(header, sizeBytes);
    return { offset: sizeBytes - length, length };
  }
  const offset = Number(first);
  if (last !== "" && Number(last) < offset) return undefined;
  if (offset >= sizeBytes) throw invalidRange(header, sizeBytes);
  const end = last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  return { offset, length: end - offset };
}

export function contentRange({ offset, length }: ByteRange, sizeBytes: number): string {
  return `bytes ${offset}-${offset + length - 1}/${sizeBytes}`;
}

function invalidRange(header: string, sizeBytes: number): ServiceError {
  return new ServiceError("InvalidRange", 416, "The requested range is not satisfiable", {
    RangeRequested: header,
    ActualObjectSize: sizeBytes,
  });
}
