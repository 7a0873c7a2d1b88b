const escapeBase = 0xdc00;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of a name as text; a byte that is no UTF-8 becomes U+DC00 plus the byte, so that nothing is lost (as Python's surrogateescape). */
export function decodeName(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return decodePieces(bytes);
  }
}

/** The bytes that `decodeName` made the text of. */
export function encodeName(name: string): Buffer {
  if (!/\p{Surrogate}/u.test(name)) return Buffer.from(name);
  return Buffer.concat(Array.from(name, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code >= escapeBase + 0x80 && code <= escapeBase + 0xff ? Buffer.from([code - escapeBase]) : Buffer.from(character);
  }));
}

/** Whether a name may stand as one part of a path. */
export function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("/") && !name.includes("\0");
}

/** A path that a caller gave as its parts: slashes at either end and doubled ones do not count; `.` and `..` are never names. */
export function pathParts(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

function decodePieces(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    text += length === 0 ? String.fromCharCode(escapeBase + bytes.readUInt8(at)) : bytes.toString("utf8", at, at + length);
    at += Math.max(1, length);
  }
  return text;
}

/** The length of the UTF-8 sequence at a place; 0 where there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes.readUInt8(at);
  const length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    decoder.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}
