import { damageRemedy } from "../store/damage-errors.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isPlace, openPage, type PagePointer, type PageType } from "../format/page.js";
import { objectNames } from "../format/object-names.js";
import type { PackReference } from "../format/dictionary-page.js";
import { getPinned } from "../store/get-pinned.js";
import { IllegalStateError, IntegrityError, mistake, type HoldfastError } from "../../errors/index.js";
import { isCorruption } from "../store/damage.js";
import { readProven } from "../store/read-proven.js";
import type { PagesAtHand } from "./pages-at-hand.js";

/** Neighbouring pages closer than this are read by one request: a request costs more than the bytes between. */
const maxGapBytes = 64 * 1024;
/** The most that one request brings of pages that are all wanted. */
const maxRangeBytes = 4 * 2 ** 20;
/** The most that one request brings where one page is wanted, and those near it are expected to be: some 37 leaves, or 4 GiB of volume. */
const maxNearBytes = 256 * 1024;

export interface PageSource {
  readonly context: RepositoryContext;
  packReference(ordinal: number, options: SignalOptions): Promise<PackReference>;
  /** Where what comes along with a page is kept, and looked for first. */
  readonly atHand?: PagesAtHand | undefined;
}

/** Which pages beside the one that is wanted will be wanted next: they come by the same request, where they lie near. */
export interface ReadPageOptions extends SignalOptions {
  /** The pages beside it in the map. */
  readonly neighbours?: readonly PagePointer[] | undefined;
  /** That the pages which were written right before it are wanted next: a root is written after the map's last pages. */
  readonly bringsBefore?: boolean | undefined;
}

/**
 * Reads one page. With a place to keep them, its neighbours come along by the same request. Nothing about them is proven or told here: where what came does not hold the page as it
 * must be, whatever the reason, it is read by itself, as if it had no neighbours.
 */
export async function readPage(source: PageSource, pointer: PagePointer, type: PageType, options: ReadPageOptions): Promise<Buffer> {
  const near = source.atHand === undefined ? undefined : await readWithNeighbours(source, source.atHand, pointer, type, options);
  if (near !== undefined && "page" in near) return near.page;
  const [page] = await readPages(source, [pointer], type, options);
  if (page === undefined) throw new IllegalStateError(`A page of a block map was not read. ${mistake}`, { code: "PageNotRead" });
  if (near !== undefined) source.context.logger.warn("a page of a block map was whole only when it was read by itself: the pack around it is damaged, or something between here and the store spoils data", { object: near.object, offset: pointer.offset, error: near.error.message });
  return page;
}

/** The page from what is at hand, or from a range that is kept at hand; what came instead of it; or nothing where it has no neighbours to be read with. */
async function readWithNeighbours(source: PageSource, atHand: PagesAtHand, pointer: PagePointer, type: PageType, options: ReadPageOptions): Promise<{ readonly page: Buffer } | { readonly object: string; readonly error: HoldfastError } | undefined> {
  const { id, versionId } = await source.packReference(pointer.ordinal, options);
  const object = objectNames.pack(id);
  try {
    const kept = atHand.find(pointer);
    let bytes = kept === undefined ? undefined : await kept;
    if (bytes === undefined) {
      // where nothing was at hand, nothing else ran since: what several want is asked for once
      const range = rangeAround(pointer, atHand, options);
      if (range === undefined) return undefined;
      const reading = getPinned(source.context.store, object, { range: { offset: range.start, length: range.end - range.start }, versionId, signal: options.signal }).then(({ body }) => body);
      atHand.keep({ ordinal: pointer.ordinal, ...range }, reading);
      bytes = (await reading).subarray(pointer.offset - range.start, pointer.offset - range.start + pointer.length);
    }
    return { page: openPage(source.context.keys, object, pointer, type, bytes) };
  } catch (error) {
    if (!isCorruption(error)) throw error;
    return { object, error };
  }
}

/**
 * What is read for a page and those near it; nothing where that is the page alone. Those behind it come first: most who walk a map walk on. What is left of the range is for those before
 * it, as far as they are not at hand: of a small map everything comes at once, wherever it is begun.
 */
function rangeAround(pointer: PagePointer, atHand: PagesAtHand, { neighbours = [], bringsBefore = false }: ReadPageOptions): { readonly start: number; readonly end: number } | undefined {
  if (!isPlace(pointer)) return undefined;
  let start = bringsBefore ? Math.max(0, pointer.offset - maxGapBytes) : pointer.offset;
  let end = pointer.offset + pointer.length;
  const near = neighbours.filter((page) => page.ordinal === pointer.ordinal && isPlace(page)).sort((a, b) => a.offset - b.offset);
  for (const page of near) {
    if (page.offset <= pointer.offset) continue;
    const pageEnd = page.offset + page.length;
    if (page.offset - end > maxGapBytes || pageEnd - start > maxNearBytes) break;
    end = Math.max(end, pageEnd);
  }
  for (const page of near.toReversed()) {
    if (page.offset >= pointer.offset) continue;
    const gapBytes = start - (page.offset + page.length);
    if (gapBytes > maxGapBytes || end - page.offset > maxNearBytes || atHand.has(page)) break;
    start = Math.min(start, page.offset);
  }
  return end - start > pointer.length ? { start, end } : undefined;
}

/** Reads pages that are not at hand, neighbours together; the result is in the order of `pointers`. */
export async function readPages(source: PageSource, pointers: readonly PagePointer[], type: PageType, options: SignalOptions): Promise<Buffer[]> {
  const pages = new Array<Buffer>(pointers.length);
  const wanted: WantedPage[] = [];
  for (const [position, pointer] of pointers.entries()) {
    const page = await openAtHand(source, pointer, type, options);
    if (page === undefined) wanted.push({ pointer, position });
    else pages[position] = page;
  }
  for (const range of mergeRanges(wanted)) {
    const pack = await source.packReference(range.ordinal, options);
    const name = objectNames.pack(pack.id);
    const { store, keys, logger } = source.context;
    await readProven(logger, name, async () => {
      const { body } = await getPinned(store, name, { range: { offset: range.start, length: range.end - range.start }, versionId: pack.versionId, signal: options.signal });
      for (const { pointer, position } of range.pages) {
        const start = pointer.offset - range.start;
        pages[position] = openPage(keys, name, pointer, type, body.subarray(start, start + pointer.length));
      }
    });
  }
  return pages;
}

/** A page that is at hand and proves itself; one that does not is read from the store like any other. */
async function openAtHand(source: PageSource, pointer: PagePointer, type: PageType, options: SignalOptions): Promise<Buffer | undefined> {
  const bytes = await source.atHand?.find(pointer);
  if (bytes === undefined) return undefined;
  const { id } = await source.packReference(pointer.ordinal, options);
  try {
    return openPage(source.context.keys, objectNames.pack(id), pointer, type, bytes);
  } catch (error) {
    if (!isCorruption(error)) throw error;
    return undefined;
  }
}

/** A page and its place in what is given back. */
interface WantedPage {
  readonly pointer: PagePointer;
  readonly position: number;
}

interface PageRange {
  readonly ordinal: number;
  readonly start: number;
  end: number;
  readonly pages: WantedPage[];
}

function mergeRanges(wanted: readonly WantedPage[]): PageRange[] {
  const sorted = [...wanted].sort((a, b) => a.pointer.ordinal - b.pointer.ordinal || a.pointer.offset - b.pointer.offset);
  const ranges: PageRange[] = [];
  let current: PageRange | undefined;
  for (const page of sorted) {
    const { pointer } = page;
    if (!isPlace(pointer)) throw new IntegrityError(`A block map is damaged: it says that a page of ${String(pointer.length)} bytes lies at ${String(pointer.offset)}, where none can, or that it is longer or shorter than any.${damageRemedy}`, { code: "DamagedPage" });
    const end = pointer.offset + pointer.length;
    if (current?.ordinal === pointer.ordinal && pointer.offset - current.end <= maxGapBytes && end - current.start <= maxRangeBytes) {
      current.end = Math.max(current.end, end);
      current.pages.push(page);
      continue;
    }
    current = { ordinal: pointer.ordinal, start: pointer.offset, end, pages: [page] };
    ranges.push(current);
  }
  return ranges;
}
