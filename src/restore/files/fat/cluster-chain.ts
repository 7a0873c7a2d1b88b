import type { CallOptions } from "../../../ports/index.js";
import { LeastRecentlyUsed } from "../../../repository/store/least-recently-used.js";
import type { ByteSource } from "../../bytes/byte-source.js";
import { damagedFileSystem } from "../file-errors.js";
import type { BootSector } from "./boot-sector.js";

/** The table is read in pieces of this size, of which so many are at hand: a multiple of three, so that no entry of 12 bits lies in two of them. */
const pieceBytes = 3 * 16 * 1024;
const rememberedPieces = 64;
/** Clusters of one run are read together. */
const maxRunClusters = 65_536;

/** Clusters that follow one another. */
export interface ClusterRun {
  readonly first: number;
  readonly count: number;
}

/** The table that says of each cluster which one comes after it. */
export class AllocationTable {
  readonly #source: ByteSource;
  readonly #boot: BootSector;
  readonly #pieces = new LeastRecentlyUsed<number, Promise<Buffer>>(rememberedPieces);

  constructor(source: ByteSource, boot: BootSector) {
    this.#source = source;
    this.#boot = boot;
  }

  /** The clusters from `first` to the end of their chain, neighbours together. A chain that leaves the table, meets a free or a bad cluster, or is longer than there are clusters, is an error. */
  async *runs(first: number, options: CallOptions): AsyncGenerator<ClusterRun> {
    let run = { first: this.#checked(first), count: 1 };
    for (let seen = 1; ; seen++) {
      if (seen > this.#boot.clusterCount) throw damagedFileSystem(`the clusters from ${String(first)} on lead in a circle`);
      options.signal?.throwIfAborted();
      const next = await this.#next(run.first + run.count - 1);
      if (next === undefined) break;
      if (next === run.first + run.count && run.count < maxRunClusters) run = { first: run.first, count: run.count + 1 };
      else {
        yield run;
        run = { first: next, count: 1 };
      }
    }
    yield run;
  }

  async #next(cluster: number): Promise<number | undefined> {
    const value = await this.#entry(cluster);
    // the highest values end a chain, the one before them marks what cannot be written to
    const end = { 12: 0xff8, 16: 0xfff8, 32: 0x0fff_fff8 }[this.#boot.bits];
    return value >= end ? undefined : this.#checked(value);
  }

  #checked(cluster: number): number {
    if (cluster < 2 || cluster >= this.#boot.clusterCount + 2) throw damagedFileSystem(`a file or folder leads to cluster ${String(cluster)}, which holds no data`);
    return cluster;
  }

  async #entry(cluster: number): Promise<number> {
    const { bits } = this.#boot;
    const at = Math.floor((cluster * bits) / 8);
    const piece = await this.#piece(Math.floor(at / pieceBytes));
    const within = at % pieceBytes;
    if (bits === 32) return piece.readUInt32LE(within) & 0x0fff_ffff;
    const value = piece.readUInt16LE(within);
    if (bits === 16) return value;
    return cluster % 2 === 0 ? value & 0xfff : value >> 4;
  }

  async #piece(number: number): Promise<Buffer> {
    return await LeastRecentlyUsed.load(this.#pieces, number, async () => {
      const start = number * pieceBytes;
      return await this.#source.read(this.#boot.tableStart + start, Math.min(pieceBytes, this.#boot.tableBytes - start));
    });
  }
}
