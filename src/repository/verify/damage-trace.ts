import type { BlockLocation } from "../format/leaf.js";
import { BlockRanges } from "./findings.js";
import type { WalkedVolume } from "./verification.js";
import type { VerifyBlockRange } from "./verify-options.js";

/** Frames of one pack that are kept apart: more than any pack of version 1 holds. */
const maxFrames = 65_536;

/** Lost frames that are kept in all: beyond, a disaster's packs are named, but not each of their frames. */
const maxFramesInAll = 1_000_000;
/** Places of a lost block that are remembered: where another repository is asked for it. */
const maxPlaces = 8;

/** A block of a restore point. */
export interface BlockPlace extends WalkedVolume {
  readonly block: number;
}

/** A frame that is lost, and some of the places in restore points that need it. */
export interface LostFrame {
  readonly offset: number;
  readonly length: number;
  readonly blockId: string;
  readonly places: readonly BlockPlace[];
}

/** Who needs a damaged pack, and what of it is lost. */
export interface TracedPack {
  /** The points that need what is lost of it. */
  readonly losers: ReadonlySet<string>;
  /** The points that reach it. */
  readonly reaching: ReadonlySet<string>;
  readonly blocks: readonly VerifyBlockRange[];
  readonly lostFrames: readonly LostFrame[];
  /** Whether every lost frame is among `lostFrames`. */
  readonly isListedWhole: boolean;
  /** Whether any needed block was found through a relocation. */
  readonly isRelocated: boolean;
}

class Trace implements TracedPack {
  readonly losers = new Set<string>();
  readonly reaching = new Set<string>();
  readonly ranges = new BlockRanges();
  readonly frames = new Map<number, LostFrame & { readonly places: BlockPlace[] }>();
  readonly found = new Set<number>();
  isRelocated = false;
  isListedWhole = true;

  get blocks(): readonly VerifyBlockRange[] {
    return this.ranges.finish();
  }

  get lostFrames(): readonly LostFrame[] {
    return [...this.frames.values()];
  }
}

/** What the second walk over the points finds out of damaged packs. */
export class DamageTrace {
  readonly #packs = new Map<number, Trace>();
  #frames = 0;

  get packs(): ReadonlyMap<number, TracedPack> {
    return this.#packs;
  }

  reach(pack: number, point: string): void {
    this.#of(pack).reaching.add(point);
  }

  /** A volume loses blocks by the pack; `offset` names the frame where it is one block. */
  lose(pack: number, { point, volumeId }: WalkedVolume, firstBlock: number, lastBlock: number, offset?: number): void {
    const trace = this.#of(pack);
    trace.losers.add(point);
    trace.ranges.add(volumeId, firstBlock, lastBlock);
    const places = offset === undefined ? undefined : trace.frames.get(offset)?.places;
    if (places !== undefined && places.length < maxPlaces) places.push({ point, volumeId, block: firstBlock });
  }

  loseFrame(pack: number, { offset, length, blockId }: BlockLocation): void {
    const trace = this.#of(pack);
    if (trace.frames.has(offset)) return;
    if (trace.frames.size >= maxFrames || this.#frames >= maxFramesInAll) {
      trace.isListedWhole = false;
      return;
    }
    this.#frames++;
    trace.frames.set(offset, { offset, length, blockId: blockId.toString("hex"), places: [] });
  }

  find(pack: number, offset: number, where: "whole" | "relocated"): void {
    const trace = this.#of(pack);
    if (trace.found.size < maxFrames) trace.found.add(offset);
    trace.isRelocated ||= where === "relocated";
  }

  wasLost(pack: number, offset: number): boolean {
    return this.#packs.get(pack)?.frames.has(offset) === true;
  }

  wasFound(pack: number, offset: number): boolean {
    return this.#packs.get(pack)?.found.has(offset) === true;
  }

  #of(pack: number): Trace {
    let trace = this.#packs.get(pack);
    if (trace === undefined) {
      trace = new Trace();
      this.#packs.set(pack, trace);
    }
    return trace;
  }
}
