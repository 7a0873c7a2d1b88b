import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProviderError } from "../../../errors/index.js";

const digestBytes = 32;
/** The digests of 1 GiB of volume: 64 KiB. */
const digestsPerPiece = 2048;
const pieceBytes = digestsPerPiece * digestBytes;
/** 16 MiB: what is written of up to 256 GiB stays in memory, of larger volumes the rest goes to a file. */
const defaultPiecesInMemory = 256;

/**
 * The digests of the blocks written so far, by index, for the checksum over all of them.
 *
 * A volume of 64 TiB has 4 GiB of them, so only some are in memory; the others lie in a sparse temporary file, in their
 * place. The file is private, has no name, and so leaves nothing behind whatever happens. It is read and written
 * synchronously, 64 KiB at a time, about once for each GiB of blocks, which arrive nearly in order.
 */
export class DigestLog {
  readonly #maxPieces: number;
  /** In the order of their last use. */
  readonly #pieces = new Map<number, Buffer>();
  readonly #spilled = new Set<number>();
  #file: number | undefined;
  #count = 0;

  constructor(options: { readonly maxPiecesInMemory?: number } = {}) {
    this.#maxPieces = options.maxPiecesInMemory ?? defaultPiecesInMemory;
  }

  /** How many blocks have a digest. */
  get count(): number {
    return this.#count;
  }

  /** Keeps a block's digest; one that is set again counts once, and the last one counts. */
  set(index: number, digest: Buffer): void {
    const piece = this.#piece(Math.floor(index / digestsPerPiece));
    const offset = (index % digestsPerPiece) * digestBytes;
    if (!isSet(piece, offset)) this.#count += 1;
    piece.set(digest, offset);
  }

  /** EBS's LINEAR checksum: the SHA-256 over the raw digests of all blocks written, in the order of their indexes. */
  linearChecksum(): string {
    const hash = createHash("sha256");
    const numbers = [...new Set([...this.#pieces.keys(), ...this.#spilled])].sort((a, b) => a - b);
    for (const number of numbers) {
      const piece = this.#pieces.get(number) ?? this.#read(number);
      for (let offset = 0; offset < pieceBytes; offset += digestBytes) if (isSet(piece, offset)) hash.update(piece.subarray(offset, offset + digestBytes));
    }
    return hash.digest("base64");
  }

  /** Lets go of memory and file. */
  close(): void {
    this.#pieces.clear();
    this.#spilled.clear();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #piece(number: number): Buffer {
    let piece = this.#pieces.get(number);
    if (piece === undefined) {
      piece = this.#spilled.has(number) ? this.#read(number) : Buffer.alloc(pieceBytes);
      if (this.#pieces.size >= this.#maxPieces) this.#spillOldest();
    } else {
      this.#pieces.delete(number);
    }
    this.#pieces.set(number, piece);
    return piece;
  }

  #spillOldest(): void {
    for (const [number, piece] of this.#pieces) {
      try {
        this.#file ??= openNamelessFile();
        for (let done = 0; done < pieceBytes; ) done += writeSync(this.#file, piece, done, pieceBytes - done, number * pieceBytes + done);
      } catch (error) {
        throw temporaryFileFailed(error, "write");
      }
      this.#spilled.add(number);
      this.#pieces.delete(number);
      return;
    }
  }

  #read(number: number): Buffer {
    const piece = Buffer.alloc(pieceBytes);
    try {
      this.#file ??= openNamelessFile();
      for (let done = 0; done < pieceBytes; ) {
        const bytesRead = readSync(this.#file, piece, done, pieceBytes - done, number * pieceBytes + done);
        if (bytesRead === 0) throw new Error("the file ends too early");
        done += bytesRead;
      }
    } catch (error) {
      throw temporaryFileFailed(error, "read");
    }
    return piece;
  }
}

/** No SHA-256 is known, or to be expected, that is all zeros: so zeros stand for a block that was not written. */
function isSet(piece: Buffer, offset: number): boolean {
  for (let at = offset; at < offset + digestBytes; at += 4) if (piece.readUInt32LE(at) !== 0) return true;
  return false;
}

function openNamelessFile(): number {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-digests-"));
  try {
    return openSync(join(folder, "digests"), "wx+", 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function temporaryFileFailed(error: unknown, operation: string): ProviderError {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  const hasNoRoom = code === "ENOSPC" || code === "EDQUOT";
  return new ProviderError(`Cannot ${operation} the temporary file with the checksums of the blocks written (32 bytes each) in ${tmpdir()}: ${hasNoRoom ? "there is no room left; free some, or set another folder for temporary files" : (code ?? "it cannot be used")}.`, {
    code: hasNoRoom ? "NoSpace" : "ProviderFailed",
    service: "directory",
    operation,
    awsCode: code,
    context: { folder: tmpdir() },
    cause: error,
  });
}
