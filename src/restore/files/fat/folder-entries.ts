/** What a folder says of a file or folder in it. */
export interface FatEntry {
  readonly name: string;
  readonly isFolder: boolean;
  /** 0: it has none, for it is empty. */
  readonly firstCluster: number;
  readonly sizeBytes: number;
  readonly modifiedAt: Date | undefined;
  readonly accessedAt: Date | undefined;
  readonly createdAt: Date | undefined;
}

const entryBytes = 32;
const attribute = { label: 0x08, folder: 0x10, longName: 0x0f } as const;
const deleted = 0xe5;
/** A long name is kept in up to 20 pieces of 13 characters. */
const maxPieces = 20;
/** Of a short name in lower case, these say which half is. */
const lowerCase = { base: 0x08, extension: 0x10 } as const;

/** The upper half of code page 437, in which short names are written. */
const upperHalf = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/** Puts long names together from the pieces that lie before their entry; of a folder, piece by piece. */
export class FolderEntries {
  readonly #bits: number;
  #pieces: string[] = [];
  #checksum = 0;
  #missing = 0;

  /** `bits`: of the table's entries; with fewer than 32 the upper half of a cluster's number is something else. */
  constructor(bits: number) {
    this.#bits = bits;
  }

  /** The entries in `bytes`; the generator's result says whether the folder ends there. */
  *of(bytes: Buffer): Generator<FatEntry, boolean> {
    for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
      const entry = bytes.subarray(at, at + entryBytes);
      const first = entry.readUInt8(0);
      if (first === 0) return true;
      const attributes = entry.readUInt8(11);
      if (first !== deleted && (attributes & 0x3f) === attribute.longName) {
        this.#takePiece(entry);
        continue;
      }
      const longName = this.#longName(entry);
      if (first === deleted || (attributes & attribute.label) !== 0 || isSelfOrParent(entry)) continue;
      yield {
        name: longName ?? shortName(entry),
        isFolder: (attributes & attribute.folder) !== 0,
        firstCluster: (this.#bits === 32 ? entry.readUInt16LE(20) * 65_536 : 0) + entry.readUInt16LE(26),
        sizeBytes: entry.readUInt32LE(28),
        modifiedAt: timeOf(entry.readUInt16LE(24), entry.readUInt16LE(22)),
        accessedAt: timeOf(entry.readUInt16LE(18), 0),
        createdAt: timeOf(entry.readUInt16LE(16), entry.readUInt16LE(14), entry.readUInt8(13)),
      };
    }
    return false;
  }

  #takePiece(entry: Buffer): void {
    const number = entry.readUInt8(0);
    const checksum = entry.readUInt8(13);
    const isFirst = (number & 0x40) !== 0;
    const place = number & 0x3f;
    if (isFirst && place >= 1 && place <= maxPieces) {
      this.#pieces = [];
      this.#missing = place;
      this.#checksum = checksum;
    }
    // a piece that does not belong to the one before it: then the short name counts, as for every other reader
    if (this.#missing === 0 || place !== this.#missing || checksum !== this.#checksum) {
      this.#forget();
      return;
    }
    this.#pieces.unshift(entry.toString("utf16le", 1, 11) + entry.toString("utf16le", 14, 26) + entry.toString("utf16le", 28, 32));
    this.#missing--;
  }

  #longName(entry: Buffer): string | undefined {
    const isWhole = this.#pieces.length > 0 && this.#missing === 0 && shortChecksum(entry) === this.#checksum;
    const name = isWhole ? this.#pieces.join("").replace(/\0.*$/s, "").replace(/\p{Surrogate}/gu, "\ufffd") : undefined;
    this.#forget();
    return name;
  }

  #forget(): void {
    this.#pieces = [];
    this.#missing = 0;
  }
}

function isSelfOrParent(entry: Buffer): boolean {
  const name = entry.toString("latin1", 0, 11);
  return name === ".          " || name === "..         ";
}

/** Binds a long name to its short one. */
function shortChecksum(entry: Buffer): number {
  let sum = 0;
  for (const byte of entry.subarray(0, 11)) sum = (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff;
  return sum;
}

function shortName(entry: Buffer): string {
  const bytes = Buffer.from(entry.subarray(0, 11));
  // the mark of a deleted entry, where it is the name's own first character
  if (bytes.readUInt8(0) === 0x05) bytes.writeUInt8(deleted, 0);
  const flags = entry.readUInt8(12);
  const part = (from: number, to: number, isLower: boolean): string => {
    const text = Array.from(bytes.subarray(from, to), (byte) => (byte < 0x80 ? String.fromCharCode(byte) : upperHalf.charAt(byte - 0x80))).join("").replace(/[\0 ]+$/, "");
    return isLower ? text.toLowerCase() : text;
  };
  const [base, extension] = [part(0, 8, (flags & lowerCase.base) !== 0), part(8, 11, (flags & lowerCase.extension) !== 0)];
  return extension === "" ? base : `${base}.${extension}`;
}

/** Local time without a zone, taken as UTC; `undefined` where there is none. */
function timeOf(date: number, time: number, hundredths = 0): Date | undefined {
  const [year, month, day] = [1980 + (date >> 9), (date >> 5) & 0xf, date & 0x1f];
  if (month < 1 || month > 12 || day < 1) return undefined;
  return new Date(Date.UTC(year, month - 1, day, time >> 11, (time >> 5) & 0x3f, (time & 0x1f) * 2) + hundredths * 10);
}
