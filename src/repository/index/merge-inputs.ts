import type { PackReference } from "../format/dictionary-page.js";
import type { IndexLevel } from "../format/index-level.js";
import type { PackId } from "../format/object-names.js";
import type { SignalOptions } from "../signal-options.js";
import type { IndexSource } from "./index-source.js";
import { LevelCursor, type EntryCursor } from "./level-cursor.js";
import type { LevelWriter } from "./level-writer.js";
import { readPackDetails } from "./read-level.js";

/** What is merged: packs in ascending order with their positions, and entries in the order of a level. */
export interface MergeInput {
  readonly packCount: number;
  readonly packs: AsyncIterable<PositionedPack>;
  readonly entries: EntryCursor;
}

/** A pack and where the entries say it lies. */
export interface PositionedPack {
  readonly position: number;
  readonly reference: PackReference;
}

/** What a merge left out. */
export interface MergeLosses {
  droppedPacks: number;
  /** Pages and shards that could not be opened. */
  damaged: number;
}

/** A stored level as an input. */
export function levelInput(source: IndexSource, level: IndexLevel, losses: MergeLosses, options: SignalOptions): MergeInput & { readonly entries: LevelCursor } {
  async function* packs(): AsyncGenerator<PositionedPack> {
    for await (const [{ before }, page] of readPackDetails(source, level, options)) {
      if (typeof page === "string") losses.damaged++;
      else for (const [position, reference] of page.entries()) yield { position: before + position, reference };
    }
  }
  return { packCount: level.packs, packs: packs(), entries: new LevelCursor(source, level, options) };
}

/** Merges inputs, the oldest first, into a level: of each block the newest entry whose pack is live. Holds 4 bytes a pack. */
export async function mergeInputs(inputs: readonly MergeInput[], writer: LevelWriter, isLive: (pack: PackId) => boolean, losses: MergeLosses): Promise<void> {
  await mergeEntries(inputs, await mergePacks(inputs, writer, isLive, losses), writer);
}

/** Writes every live pack once. Gives for each input: position -> position in the level and 1, 0 for a pack that is not there. */
async function mergePacks(inputs: readonly MergeInput[], writer: LevelWriter, isLive: (pack: PackId) => boolean, losses: MergeLosses): Promise<Uint32Array[]> {
  const positions = inputs.map(({ packCount }) => new Uint32Array(packCount));
  const iterators = inputs.map(({ packs }) => packs[Symbol.asyncIterator]());
  const heads = await Promise.all(iterators.map(async (iterator) => await iterator.next()));
  for (;;) {
    const first = heads.reduce<PackReference | undefined>((least, head) => (head.done !== true && (least === undefined || comparePacks(head.value.reference.id, least.id) < 0) ? head.value.reference : least), undefined);
    if (first === undefined) return positions;
    const places: [input: number, position: number][] = [];
    let best = first;
    for (const [input, iterator] of iterators.entries()) {
      for (let head = heads[input]; head !== undefined && head.done !== true && comparePacks(head.value.reference.id, first.id) === 0; head = heads[input]) {
        places.push([input, head.value.position]);
        // one that was read again does not know the pack's checksum
        if (best.sha256.every((byte) => byte === 0)) best = head.value.reference;
        heads[input] = await iterator.next();
      }
    }
    if (!isLive(first.id)) {
      losses.droppedPacks++;
      continue;
    }
    const merged = await writer.addPack(best);
    for (const [input, position] of places) {
      const map = positions[input];
      if (map !== undefined) map[position] = merged + 1;
    }
  }
}

async function mergeEntries(inputs: readonly MergeInput[], positions: readonly Uint32Array[], writer: LevelWriter): Promise<void> {
  const open: { readonly cursor: EntryCursor; readonly positions: Uint32Array }[] = [];
  for (const [input, { entries }] of inputs.entries()) if (await entries.refill()) open.push({ cursor: entries, positions: positions[input] ?? new Uint32Array(0) });
  while (open.length > 0) {
    let first = open[0]?.cursor;
    for (const { cursor } of open) if (first === undefined || compareEntries(cursor, first) < 0) first = cursor;
    if (first === undefined) return;
    const { high, low, zeroBits } = first;
    let pack = 0;
    for (let at = 0; at < open.length; at++) {
      const input = open[at];
      if (input === undefined) continue;
      const { cursor } = input;
      while (cursor.low === low && cursor.high === high) {
        // later inputs are newer
        const merged = input.positions[cursor.pack] ?? 0;
        if (merged !== 0) pack = merged;
        if (cursor.advance() || (await cursor.refill())) continue;
        open.splice(at--, 1);
        break;
      }
    }
    if (pack !== 0 && writer.add(high, low, zeroBits, pack - 1)) await writer.writeShard();
  }
}

function compareEntries(a: EntryCursor, b: EntryCursor): number {
  return b.zeroBits - a.zeroBits || a.high - b.high || a.low - b.low;
}

/** The order of packs in a level. */
export function comparePacks(a: PackId, b: PackId): number {
  if (a.sessionId !== b.sessionId) return a.sessionId < b.sessionId ? -1 : 1;
  return a.number - b.number;
}
