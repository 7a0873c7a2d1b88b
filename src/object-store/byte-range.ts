import { ConfigurationError, IntegrityError } from "../errors/index.js";
import type { GetOptions } from "../ports/index.js";
import { truncatedObject } from "./store-errors.js";

/** Raises `ConfigurationError` (`InvalidRange`) where `range` names no bytes. */
export function checkRange(range: GetOptions["range"]): void {
  if (range === undefined) return;
  const wrong = "suffix" in range ? !isCount(range.suffix) : !isCount(range.length) || !Number.isSafeInteger(range.offset) || range.offset < 0;
  if (wrong) {
    throw new ConfigurationError(`The range ${JSON.stringify(range)} names no bytes: offsets start at 0, lengths and suffixes at 1.`, { code: "InvalidRange" });
  }
}

/**
 * Which bytes of an object of `sizeBytes` a range means. A suffix longer than the object is the whole object; a range that
 * reaches past its end is an `IntegrityError` (`ObjectTruncated`): the object is shorter than its reader knows it to be.
 *
 * @example
 * const { offset, length } = resolveRange(name, bytes.length, range);
 * return bytes.subarray(offset, offset + length);
 */
export function resolveRange(name: string, sizeBytes: number, range: GetOptions["range"]): { readonly offset: number; readonly length: number } {
  if (range === undefined) return { offset: 0, length: sizeBytes };
  if ("suffix" in range) {
    const length = Math.min(range.suffix, sizeBytes);
    return { offset: sizeBytes - length, length };
  }
  if (range.offset + range.length > sizeBytes) throw truncatedObject(name, `bytes ${range.offset} to ${range.offset + range.length - 1} were asked for, it has ${sizeBytes}`);
  return range;
}

/** No object of a repository is larger: packs have up to 136 MiB. What somebody else put under a name must not eat the memory of who reads it whole. */
const maxWholeBytes = 256 * 2 ** 20;

/** Raises `IntegrityError` (`ObjectTooLarge`) where a whole object is asked for that is larger than any of a repository. Before memory is taken for it. */
export function checkWholeSize(name: string, sizeBytes: number, range: GetOptions["range"]): void {
  if (range !== undefined || sizeBytes <= maxWholeBytes) return;
  throw new IntegrityError(`The object ${name} has ${sizeBytes} bytes, more than any that an engine wrote: it was not read. Restore an older version of it, or remove it.`, { code: "ObjectTooLarge", context: { name } });
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
