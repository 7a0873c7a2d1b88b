import { createHash } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { blockSizeBytes, type Random } from "../../src/ports/index.js";
import { sealGroup } from "../../src/repository/format/group.js";
import { objectNames, type PackId } from "../../src/repository/format/object-names.js";
import { recordHash, sealPointRecord, type RecordStructure } from "../../src/repository/format/record.js";
import { BlockMapBuilder } from "../../src/repository/map/block-map-builder.js";
import { BlockMap } from "../../src/repository/map/block-map.js";
import { PackDictionary } from "../../src/repository/map/pack-dictionary.js";
import { pointTime } from "../../src/repository/format/point-id.js";
import type { RepositoryContext } from "../../src/repository/repository-context.js";
import { MetaPackWriter } from "../../src/repository/map/meta-pack-writer.js";

/** Blocks of a data pack, fewer than a real one of 32 MiB holds, so that there are more packs rather than fewer. */
const packBlocks = 64;
/** A block as files compress. */
const frameBytes = 190_000;

/** What the last point of a volume left for the next. */
interface Head {
  readonly structure: RecordStructure;
  readonly hash: string;
}

/**
 * Writes restore points whose maps, records and groups are real, and whose data packs are holes of the right size under the right
 * names: what listing, marking and collecting see, without 10^7 blocks of data.
 */
export class SyntheticRepository {
  readonly #context: RepositoryContext;
  readonly #path: string;
  readonly #random: Random;
  readonly #heads = new Map<string, Head>();
  #packs = 0;
  #points = 0;

  constructor(context: RepositoryContext, path: string, random: Random) {
    this.#context = context;
    this.#path = path;
    this.#random = random;
  }

  get packs(): number {
    return this.#packs;
  }

  /** A point of `volumeId`: the first has all of its blocks, later ones the blocks in `changed` anew. Gives its group's name. */
  async addPoint(volumeId: string, blocks: number, changed: Iterable<number>): Promise<string> {
    const { keys } = this.#context;
    const stream = keys.streamName(volumeId);
    const session = this.#random.bytes(16).toString("hex");
    const head = this.#heads.get(volumeId);
    const parent = head === undefined ? undefined : await BlockMap.open(this.#context, { structure: head.structure });
    const dictionary = new PackDictionary(parent);
    let metaPacks = 0;
    const pages = new MetaPackWriter(this.#context, dictionary, () => ({ kind: "meta", sessionId: session, number: metaPacks++ }), {});
    const volumeSizeBytes = blocks * blockSizeBytes;
    const builder = new BlockMapBuilder(parent, dictionary, pages, { volumeSizeBytes, method: head === undefined ? "full" : "incremental" });
    let inPack = 0;
    let ordinal = 0;
    let dataPacks = 0;
    for (const index of changed) {
      if (inPack % packBlocks === 0) ordinal = await this.#addPack(dictionary, { kind: "data", sessionId: session, number: dataPacks++ });
      await builder.set(index, { blockId: this.#random.bytes(16), ordinal, offset: (inPack++ % packBlocks) * frameBytes, length: frameBytes, compression: 1 });
    }
    const { pointer, metaPack } = await builder.finish();
    const { versionId: _versionId, ...pack } = metaPack;
    const sequence = (head?.structure.sequence ?? 0) + 1;
    const createdAt = new Date(Date.parse("2026-01-01T00:00:00Z") + this.#points++ * 60_000);
    const group = objectNames.group(keys.resourceName(volumeId), pointTime(createdAt) + this.#random.bytes(4).toString("hex"));
    const structure: RecordStructure = {
      stream,
      sequence,
      previous: head?.hash ?? null,
      parent: head?.structure.sequence ?? null,
      session,
      nonce: this.#random.bytes(16).toString("hex"),
      gcEpoch: 0,
      createdAt: createdAt.toISOString(),
      group,
      root: { offset: pointer.offset, length: pointer.length, check: pointer.check.toString("hex") },
      metaPack: { ...pack, id: { ...pack.id, kind: "meta" }, sha256: pack.sha256.toString("hex"), ordinal: pointer.ordinal },
    };
    const counts = { readBlocks: inPack, zeroBlocks: 0, knownBlocks: 0, storedBlocks: inPack, storedBytes: inPack * frameBytes, auditedBlocks: 0 };
    const times = { startedAt: structure.createdAt, finishedAt: structure.createdAt };
    const name = objectNames.record(stream, sequence);
    const record = sealPointRecord(keys, name, structure, { resource: volumeId, volumeId, volumeSizeBytes, method: head === undefined ? "full" : "incremental", counts, ...times });
    const hash = recordHash(record);
    await this.#context.store.put(name, record, { condition: "absent" });
    const id = group.slice(group.lastIndexOf("/") + 1);
    const sealed = sealGroup(keys, group, {
      structure: { id, createdAt: structure.createdAt, members: [{ stream, sequence, hash }] },
      metadata: { resource: volumeId, kind: "volume", tags: {}, volumes: [{ stream, sequence, volumeId, sizeBytes: volumeSizeBytes }] },
    });
    await this.#context.store.put(group, sealed, { condition: "absent" });
    this.#heads.set(volumeId, { structure, hash });
    return group;
  }

  /** A pack that is a hole in a file: it lies where the directory store would have put it. */
  async #addPack(dictionary: PackDictionary, id: PackId): Promise<number> {
    const sizeBytes = packBlocks * frameBytes;
    const path = join(this.#path, objectNames.pack(id));
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, "wx", 0o600);
    try {
      await file.truncate(sizeBytes);
    } finally {
      await file.close();
    }
    this.#packs++;
    return dictionary.ordinalOf({ id, sizeBytes, sha256: createHash("sha256").update(path).digest().subarray(0, 16), lockedUntilMs: 0, versionId: undefined });
  }
}
