import type { PackReference } from "../format/dictionary-page.js";
import { levelEntries, openPackDetails, openPackList, openShard, packPageEntries, shardEntries, shardEntryBytes, type IndexLevel, type ListedPack } from "../format/index-level.js";
import { objectNames } from "../format/object-names.js";
import type { SignalOptions } from "../signal-options.js";
import { openIndexObject, readInOrder, type IndexSource, type Opened } from "./index-source.js";

/** About what a pack takes in its page, with a version id: for how many pages are read at a time. */
const detailBytes = 100;
const listedBytes = 12;

/** A piece of a level: an object of it, how many things it should hold, and how many lie in the level before it. */
export interface LevelPiece {
  readonly number: number;
  readonly count: number;
  readonly before: number;
}

/** The shards that hold a level's first `entries` entries: all of them by default. */
export function shardsOf(level: IndexLevel, entries = levelEntries(level)): LevelPiece[] {
  return piecesOf(levelEntries(level), shardEntries).filter(({ before }) => before < entries);
}

export async function readShard(source: IndexSource, { generation }: IndexLevel, { number, count }: LevelPiece, options: SignalOptions): Promise<Opened<Buffer>> {
  const name = objectNames.indexShard(generation, number);
  return await openIndexObject(source, name, (body) => openShard(source.keys, name, body, count), options);
}

/** Shards in order, several read at a time. */
export function readShards(source: IndexSource, level: IndexLevel, entries: number, options: SignalOptions): AsyncGenerator<[LevelPiece, Opened<Buffer>]> {
  return readInOrder(shardsOf(level, entries), ({ count }) => count * shardEntryBytes, async (piece) => await readShard(source, level, piece, options));
}

/** Which packs a level names, page by page, in ascending order. */
export function readPackLists(source: IndexSource, level: IndexLevel, options: SignalOptions): AsyncGenerator<[LevelPiece, Opened<readonly ListedPack[]>]> {
  return readInOrder(piecesOf(level.packs, packPageEntries), ({ count }) => count * listedBytes, async ({ number, count }) => {
    const name = objectNames.indexPacks(level.generation, number);
    return await openIndexObject(source, name, (body) => openPackList(source.keys, name, body, count), options);
  });
}

/** The same packs with everything that was known of them when they were stored. */
export function readPackDetails(source: IndexSource, level: IndexLevel, options: SignalOptions): AsyncGenerator<[LevelPiece, Opened<readonly PackReference[]>]> {
  return readInOrder(piecesOf(level.packs, packPageEntries), ({ count }) => count * detailBytes, async ({ number, count }) => {
    const name = objectNames.indexPackDetails(level.generation, number);
    return await openIndexObject(source, name, (body) => openPackDetails(source.keys, name, body, count), options);
  });
}

/** Names of all objects of a level. */
export function levelObjects(level: IndexLevel): string[] {
  const pages = piecesOf(level.packs, packPageEntries);
  return [
    ...shardsOf(level).map(({ number }) => objectNames.indexShard(level.generation, number)),
    ...pages.map(({ number }) => objectNames.indexPacks(level.generation, number)),
    ...pages.map(({ number }) => objectNames.indexPackDetails(level.generation, number)),
  ];
}

/** The objects of a level, by name, with how many things each should hold. */
export function levelPieces(level: IndexLevel): { readonly shards: readonly { readonly name: string; readonly count: number }[]; readonly pages: readonly { readonly list: string; readonly details: string; readonly count: number }[] } {
  return {
    shards: shardsOf(level).map(({ number, count }) => ({ name: objectNames.indexShard(level.generation, number), count })),
    pages: piecesOf(level.packs, packPageEntries).map(({ number, count }) => ({ list: objectNames.indexPacks(level.generation, number), details: objectNames.indexPackDetails(level.generation, number), count })),
  };
}

function piecesOf(total: number, size: number): LevelPiece[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, number) => ({ number, before: number * size, count: Math.min(size, total - number * size) }));
}
