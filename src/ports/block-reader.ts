/** One block as a listing names it: enough to read it later. */
export interface BlockReference {
  /** Which block of the volume: 0 to 2^27-1. */
  readonly index: number;
  /** What the source wants to see to give the block out (an EBS block token); absent where it wants nothing. */
  readonly token?: string | undefined;
}

/** A change between two snapshots. `reference` is absent where the block is no more: it reads as zeros now. */
export interface BlockChange {
  readonly index: number;
  readonly reference?: BlockReference | undefined;
}

/** A block's bytes, already verified against `sha256`. */
export interface BlockData {
  readonly index: number;
  /** 524,288 bytes. */
  readonly data: Buffer;
  /** SHA-256 of `data`: 32 bytes. */
  readonly sha256: Buffer;
  /**
   * Gives the memory of `data` back to whoever made this block, to be filled again: to be called once nobody looks at `data` any more, but need not be. Without it, the memory is the
   * block's for good.
   */
  readonly release?: (() => void) | undefined;
}

/** How calls to a provider fared. */
export interface Traffic {
  /** Refused for being too many, and made again later. */
  readonly throttled: number;
  /** Made again for any other reason: a broken connection, a damaged answer, a failure of the provider. */
  readonly retried: number;
  /** Pages of block listings that were answered: each is paid for. Absent where nothing is. */
  readonly listings?: number | undefined;
}

/**
 * A frozen volume to read blocks from: an EBS snapshot, a raw image, a restore point.
 *
 * Listings ascend by index, without repetition, and stream: no implementation holds a whole listing. What a listing does
 * not name is zero. `read` verifies what it delivers and raises `IntegrityError` rather than return a wrong block.
 */
export interface BlockReader {
  /** What this is, for people and errors: `snap-0abc`, `/images/disk.img`. */
  readonly source: string;
  readonly volumeSizeBytes: number;
  /** Whether `source` names what may hold something else in a later run, as a file's path does; a snapshot's id never does. A run that is cut short cannot be gone on with then. */
  readonly isReusedName?: boolean | undefined;
  /** How many reads should be under way to reach the source's rate, where that is known: it moves with the source's latency, so ask again. */
  readonly readsInFlight?: number | undefined;
  /** How the calls about this source fared since it was opened, where that is known. */
  readonly traffic?: Traffic | undefined;
  /** The blocks that hold data, from `startIndex` on. */
  blocks(options?: { readonly startIndex?: number | undefined; readonly signal?: AbortSignal | undefined }): AsyncIterable<BlockReference>;
  /**
   * The blocks that differ from an earlier state of the same volume (an EBS snapshot's id, or a raw image's restore point).
   * Raises `ConflictError` with code `UnrelatedSnapshots` or `NotFoundError` where that cannot be told: then read all.
   */
  changesSince?(base: string, options?: { readonly startIndex?: number | undefined; readonly signal?: AbortSignal | undefined }): AsyncIterable<BlockChange>;
  /** Reads a block that a listing named, verified. `IntegrityError` rather than a wrong block. */
  read(reference: BlockReference, options?: { readonly signal?: AbortSignal | undefined }): Promise<BlockData>;
  /** Gives up what the reader holds. */
  close(): Promise<void>;
}
