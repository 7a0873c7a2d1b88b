import type { PointCover } from "../immutability/point-cover.js";
import type { FrameSealer } from "../pack/sealing/frame-sealer.js";
import type { StreamHead } from "../points/read-stream.js";
import type { QuarantinedPacks } from "../quarantine/quarantined-packs.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { RunBlocks } from "./run-blocks.js";
import type { WriteCounts } from "./write-counts.js";
import type { WriterSession } from "./writer-session.js";

/** What became of a block that was given to a writer. */
export type BlockFate = "zero" | "known" | "stored";

/** A volume's record as the group will name it. */
export interface WrittenRecord {
  readonly stream: string;
  readonly sequence: number;
  readonly hash: string;
  readonly counts: WriteCounts;
}

/** What a writer is made of once its stream's head is read. */
export interface WriterParts {
  readonly context: RepositoryContext;
  readonly stream: string;
  readonly session: WriterSession;
  readonly head: StreamHead;
  readonly quarantined: QuarantinedPacks;
  /** Blocks on their way, shared by all volumes of the point. */
  readonly runBlocks: RunBlocks;
  readonly cover: PointCover;
  readonly sealer: FrameSealer;
  readonly minCompressionLevel: number | undefined;
  readonly options: SignalOptions;
}

/** What a volume's writer is given by its point and by whoever moves the data. */
export interface VolumeWriterSetting {
  readonly runBlocks: RunBlocks;
  readonly cover: PointCover;
  /** Who seals blocks; by default the calling thread. */
  readonly sealer?: FrameSealer | undefined;
  /** The fastest level of zstd that may be taken while the processor holds the run back. Default: 1. */
  readonly minCompressionLevel?: number | undefined;
}
