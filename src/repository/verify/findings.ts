import type { VerifyBlockRange, VerifyFinding, VerifyObjectKind } from "./verify-options.js";

/** Damaged objects that a report lists: enough to see a disaster, and no more than a program can hold. */
const maxFindings = 10_000;
const maxRanges = 1_000;

interface Finding {
  readonly kind: VerifyObjectKind;
  readonly problem: string;
  readonly endangers: string;
  readonly restorePoints: Set<string>;
  readonly blocks: BlockRanges;
}

/** Blocks by volume, merged into ranges. */
export class BlockRanges {
  readonly #ranges = new Map<string, VerifyBlockRange>();
  readonly #last = new Map<string, { first: number; last: number }>();

  add(volumeId: string, firstBlock: number, lastBlock: number): void {
    const last = this.#last.get(volumeId);
    if (last !== undefined && firstBlock >= last.first && firstBlock <= last.last + 1) {
      last.last = Math.max(last.last, lastBlock);
      return;
    }
    this.#close(volumeId);
    this.#last.set(volumeId, { first: firstBlock, last: lastBlock });
  }

  finish(): VerifyBlockRange[] {
    for (const volumeId of [...this.#last.keys()]) this.#close(volumeId);
    const sorted = [...this.#ranges.values()].sort((a, b) => (a.volumeId < b.volumeId ? -1 : a.volumeId > b.volumeId ? 1 : a.firstBlock - b.firstBlock));
    const merged: VerifyBlockRange[] = [];
    for (const range of sorted) {
      const before = merged.at(-1);
      if (before?.volumeId !== range.volumeId || range.firstBlock > before.lastBlock + 1) merged.push(range);
      else if (range.lastBlock > before.lastBlock) merged[merged.length - 1] = { ...before, lastBlock: range.lastBlock };
    }
    return merged;
  }

  #close(volumeId: string): void {
    const last = this.#last.get(volumeId);
    if (last === undefined) return;
    this.#last.delete(volumeId);
    // points share most of their blocks: the same range comes with each of them
    const key = `${volumeId} ${String(last.first)} ${String(last.last)}`;
    if (this.#ranges.size < maxRanges) this.#ranges.set(key, { volumeId, firstBlock: last.first, lastBlock: last.last });
  }
}

/** The findings of a verification, one for each object. */
export class Findings {
  readonly #findings = new Map<string, Finding>();
  #omitted = 0;

  /** What is found of an object; what was said of it first stands. */
  add(object: string, finding: { readonly kind: VerifyObjectKind; readonly problem: string; readonly endangers: string; readonly restorePoints?: Iterable<string>; readonly blocks?: readonly VerifyBlockRange[] }): void {
    let known = this.#findings.get(object);
    if (known === undefined) {
      if (this.#findings.size >= maxFindings) {
        this.#omitted++;
        return;
      }
      const { kind, problem, endangers } = finding;
      known = { kind, problem, endangers, restorePoints: new Set(), blocks: new BlockRanges() };
      this.#findings.set(object, known);
    }
    for (const id of finding.restorePoints ?? []) known.restorePoints.add(id);
    for (const { volumeId, firstBlock, lastBlock } of finding.blocks ?? []) known.blocks.add(volumeId, firstBlock, lastBlock);
  }

  get omitted(): number {
    return this.#omitted;
  }

  /** Whether nothing but caches is damaged. */
  get isHealthy(): boolean {
    return this.#omitted === 0 && [...this.#findings.values()].every(({ kind }) => kind === "index");
  }

  list(): VerifyFinding[] {
    return [...this.#findings].map(([object, { kind, problem, endangers, restorePoints, blocks }]) => ({ object, kind, problem, endangers, restorePoints: [...restorePoints], blocks: blocks.finish() }));
  }
}
