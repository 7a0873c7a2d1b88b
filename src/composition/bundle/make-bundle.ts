import { createHash } from "node:crypto";
import { constants, gzipSync } from "node:zlib";

/** A file of a bundle. */
export interface BundleFile {
  /** Of at most 100 ASCII characters, without folders. */
  readonly name: string;
  readonly body: Buffer;
  readonly isExecutable: boolean;
}

const blockBytes = 512;

/**
 * A bundle of files as a `.tar.gz` (POSIX ustar): the same files give the same bytes, whoever makes it, when, and wherever. No times, no owners,
 * files in the order of their names.
 */
export function makeBundle(files: readonly BundleFile[]): { readonly body: Buffer; readonly sha256: string } {
  const sorted = [...files].sort((one, other) => (one.name < other.name ? -1 : 1));
  const parts = sorted.flatMap((file) => [header(file), file.body, Buffer.alloc((blockBytes - (file.body.length % blockBytes)) % blockBytes)]);
  const tar = Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
  const body = gzipSync(tar, { level: constants.Z_BEST_COMPRESSION });
  // the header's tenth byte names the operating system that compressed it: 255 is "unknown"
  body.writeUInt8(255, 9);
  return { body, sha256: createHash("sha256").update(body).digest("hex") };
}

function header({ name, body, isExecutable }: BundleFile): Buffer {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) throw new RangeError(`a bundle's file cannot be named ${JSON.stringify(name)}`);
  const bytes = Buffer.alloc(blockBytes);
  bytes.write(name, 0, "ascii");
  bytes.write(octal(isExecutable ? 0o755 : 0o644, 7), 100, "ascii");
  bytes.write(octal(0, 7), 108, "ascii");
  bytes.write(octal(0, 7), 116, "ascii");
  bytes.write(octal(body.length, 11), 124, "ascii");
  bytes.write(octal(0, 11), 136, "ascii");
  // while the checksum is computed, its own field holds spaces
  bytes.write("        ", 148, "ascii");
  bytes.write("0", 156, "ascii");
  bytes.write("ustar\0", 257, "ascii");
  bytes.write("00", 263, "ascii");
  const checksum = bytes.reduce((sum, byte) => sum + byte, 0);
  bytes.write(`${octal(checksum, 6)}\0 `, 148, "ascii");
  return bytes;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
