import { damageRemedy } from "../store/damage-errors.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isPlace, openPage, type PagePointer, type PageType } from "../format/page.js";
import { objectNames } from "../format/object-names.js";
import type { PackReference } from "../format/dictionary-page.js";
import { getPinned } from "../store/get-pinned.js";
import { IllegalStateError, IntegrityError, mistake } from "../../errors/index.js";
import { readProven } from "../store/read-proven.js";

/** Neighbouring pages closer than this are read by one request: a request costs more than the bytes between. */
const maxGapBytes = 64 * 1024;
/** The most that one request brings. */
const maxRangeBytes = 4 * 2 ** 20;

export interface PageSource {
  readonly context: RepositoryContext;
  packReference(ordinal: number, options: SignalOptions): Promise<PackReference>;
}

/** Reads one page. */
export async function readPage(source: PageSource, pointer: PagePointer, type: PageType, options: SignalOptions): Promise<Buffer> {
  const [page] = await readPages(source, [pointer], type, options);
  if (page === undefined) throw new IllegalStateError(`A page of a block map was not read. ${mistake}`, { code: "PageNotRead" });
  return page;
}

/** Reads pages, neighbours together; the result is in the order of `pointers`. */
export async function readPages(source: PageSource, pointers: readonly PagePointer[], type: PageType, options: SignalOptions): Promise<Buffer[]> {
  const pages = new Array<Buffer>(pointers.length);
  for (const range of mergeRanges(pointers)) {
    const pack = await source.packReference(range.ordinal, options);
    const name = objectNames.pack(pack.id);
    const { store, keys, logger } = source.context;
    await readProven(logger, name, async () => {
      const { body } = await getPinned(store, name, { range: { offset: range.start, length: range.end - range.start }, versionId: pack.versionId, signal: options.signal });
      for (const position of range.positions) {
        const pointer = pointers[position];
        if (pointer === undefined) continue;
        const start = pointer.offset - range.start;
        pages[position] = openPage(keys, name, pointer, type, body.subarray(start, start + pointer.length));
      }
    });
  }
  return pages;
}

interface PageRange {
  readonly ordinal: number;
  readonly start: number;
  end: number;
  readonly positions: number[];
}

function mergeRanges(pointers: readonly PagePointer[]): PageRange[] {
  const sorted = pointers.map((pointer, position) => ({ pointer, position })).sort((a, b) => a.pointer.ordinal - b.pointer.ordinal || a.pointer.offset - b.pointer.offset);
  const ranges: PageRange[] = [];
  let current: PageRange | undefined;
  for (const { pointer, position } of sorted) {
    if (!isPlace(pointer)) throw new IntegrityError(`A block map is damaged: it says that a page of ${String(pointer.length)} bytes lies at ${String(pointer.offset)}, where none can, or that it is longer or shorter than any.${damageRemedy}`, { code: "DamagedPage" });
    const end = pointer.offset + pointer.length;
    if (current?.ordinal === pointer.ordinal && pointer.offset - current.end <= maxGapBytes && end - current.start <= maxRangeBytes) {
      current.end = Math.max(current.end, end);
      current.positions.push(position);
      continue;
    }
    current = { ordinal: pointer.ordinal, start: pointer.offset, end, positions: [position] };
    ranges.push(current);
  }
  return ranges;
}
