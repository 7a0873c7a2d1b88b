import { open, unlink, type FileHandle } from "node:fs/promises";
import { ProviderError } from "../../errors/index.js";
import type { CallOptions } from "../../ports/index.js";
import { addExtent, type ByteSource, type Extent } from "./byte-source.js";

/** What is written is kept in pieces of this size: a small write copies so much of the source. */
const clusterBytes = 64 * 1024;
/** In place of a cluster's place in the file: all of it is zero. */
const zeroCluster = -1;
/** Clusters remembered as zeros where the source has data: 256 GiB of them, in some 200 MiB of memory. */
const maxZeroClusters = 2 ** 22;

/**
 * A copy-on-write overlay: reads give what was written here over what the source has; the source is never written. What is
 * written lies in a file of its own that has no name any more, so that it is gone with the process, and takes at most so many bytes.
 */
export class Overlay implements ByteSource {
  readonly sizeBytes: number;
  readonly #source: ByteSource;
  readonly #file: FileHandle;
  readonly #limitClusters: number;
  readonly #clusters = new Map<number, number>();
  #usedClusters = 0;
  #turn: Promise<void> = Promise.resolve();

  private constructor(source: ByteSource, file: FileHandle, limitBytes: number) {
    this.sizeBytes = source.sizeBytes;
    this.#source = source;
    this.#file = file;
    this.#limitClusters = Math.floor(limitBytes / clusterBytes);
  }

  /** `path`: where the file is made, and unlinked at once. */
  static async open(source: ByteSource, path: string, limitBytes: number): Promise<Overlay> {
    const file = await open(path, "wx+", 0o600);
    await unlink(path);
    return new Overlay(source, file, limitBytes);
  }

  async read(offset: number, length: number, options: CallOptions = {}): Promise<Buffer> {
    const result = Buffer.alloc(length);
    for (const run of this.#runs(offset, length)) {
      const start = run.offset - offset;
      if (run.place === undefined) (await this.#source.read(run.offset, run.length, options)).copy(result, start);
      else if (run.place !== zeroCluster) await this.#readFile(run.place * clusterBytes + (run.offset % clusterBytes), result.subarray(start, start + run.length));
    }
    return result;
  }

  async extents(offset: number, length: number, options: CallOptions = {}): Promise<Extent[]> {
    const extents: Extent[] = [];
    for (const { offset: at, length: runLength, place } of this.#runs(offset, length)) {
      if (place !== undefined) {
        addExtent(extents, runLength, place === zeroCluster);
        continue;
      }
      let answered = 0;
      for (const { lengthBytes, isHole } of await this.#source.extents(at, runLength, options)) {
        addExtent(extents, lengthBytes, isHole);
        answered += lengthBytes;
      }
      if (answered < runLength) break;
    }
    return extents;
  }

  /** Writes over what is there. Raises `ProviderError` (`NoSpace`) where the overlay is full; then nothing of that cluster was written. */
  async write(offset: number, data: Buffer): Promise<void> {
    await this.#alone(async () => {
      for (let at = offset; at < offset + data.length; ) {
        const cluster = Math.floor(at / clusterBytes);
        const end = Math.min(offset + data.length, (cluster + 1) * clusterBytes);
        await this.#writeCluster(cluster, at % clusterBytes, data.subarray(at - offset, end - offset));
        at = end;
      }
    });
  }

  /** Makes a range read as zeros. */
  async zero(offset: number, length: number): Promise<void> {
    await this.#alone(async () => {
      for (let at = offset; at < offset + length; ) {
        const cluster = Math.floor(at / clusterBytes);
        const end = Math.min(offset + length, (cluster + 1) * clusterBytes);
        const isWhole = at % clusterBytes === 0 && (end - at === clusterBytes || end === this.sizeBytes);
        if (!(await this.#isZero(cluster))) {
          if (isWhole && this.#clusters.get(cluster) === undefined && this.#clusters.size - this.#usedClusters < maxZeroClusters) this.#clusters.set(cluster, zeroCluster);
          else await this.#writeCluster(cluster, at % clusterBytes, Buffer.alloc(end - at));
        }
        at = end;
      }
    });
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#file.close();
  }

  async #isZero(cluster: number): Promise<boolean> {
    const place = this.#clusters.get(cluster);
    if (place !== undefined) return place === zeroCluster;
    const start = cluster * clusterBytes;
    return (await this.#source.extents(start, Math.min(clusterBytes, this.sizeBytes - start))).every(({ isHole }) => isHole);
  }

  async #writeCluster(cluster: number, within: number, data: Buffer): Promise<void> {
    const place = this.#clusters.get(cluster);
    if (place !== undefined && place !== zeroCluster) {
      await writeFully(this.#file, data, place * clusterBytes + within);
      return;
    }
    if (this.#usedClusters >= this.#limitClusters) {
      throw new ProviderError(`The device's overlay is full: what was written to it takes ${String(this.#limitClusters * clusterBytes)} bytes. Open it with a larger overlayBytes.`, { code: "NoSpace", service: "directory", operation: "write" });
    }
    const start = cluster * clusterBytes;
    const whole = Buffer.alloc(clusterBytes);
    const isCovered = within === 0 && data.length === clusterBytes;
    if (place === undefined && !isCovered) (await this.#source.read(start, Math.min(clusterBytes, this.sizeBytes - start))).copy(whole);
    data.copy(whole, within);
    // the place counts once its bytes are there: a read at the same time sees the old or the new cluster
    const fresh = this.#usedClusters;
    await writeFully(this.#file, whole, fresh * clusterBytes);
    this.#usedClusters++;
    this.#clusters.set(cluster, fresh);
  }

  /** Neighbouring clusters of the same kind, as one run where they lie together. */
  *#runs(offset: number, length: number): Generator<{ readonly offset: number; readonly length: number; readonly place: number | undefined }> {
    for (let at = offset; at < offset + length; ) {
      const place = this.#clusters.get(Math.floor(at / clusterBytes));
      let end = this.#clusterEnd(at, offset + length);
      if (place === undefined || place === zeroCluster) {
        while (end < offset + length && this.#clusters.get(Math.floor(end / clusterBytes)) === place) end = this.#clusterEnd(end, offset + length);
      }
      yield { offset: at, length: end - at, place };
      at = end;
    }
  }

  #clusterEnd(at: number, limit: number): number {
    return Math.min(limit, (Math.floor(at / clusterBytes) + 1) * clusterBytes);
  }

  async #readFile(position: number, into: Buffer): Promise<void> {
    for (let done = 0; done < into.length; ) {
      const { bytesRead } = await this.#file.read(into, done, into.length - done, position + done);
      if (bytesRead === 0) throw new ProviderError("The device's overlay lost what was written to it: somebody cut its temporary file. Open the device again.", { code: "OverlayTruncated", service: "directory", operation: "read" });
      done += bytesRead;
    }
  }

  /** One change at a time: two writes into one cluster must not both copy the source. */
  async #alone(change: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(change);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}

async function writeFully(file: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let done = 0; done < data.length; ) done += (await file.write(data, done, data.length - done, position + done)).bytesWritten;
}
