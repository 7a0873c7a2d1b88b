/** Sequences followed at the same time. */
const maxSequences = 8;
/** Blocks read ahead at most: 8 MiB, one ranged read of a pack. */
const maxAhead = 16;

interface Sequence {
  /** The block that the next read of this sequence begins in, or the one before it. */
  end: number;
  /** Up to where blocks were asked for ahead. */
  aheadUntil: number;
  ahead: number;
}

/** Recognises who reads in sequence, and says what to read before it is asked for: more from step to step, nothing for who jumps. */
export class ReadAhead {
  #sequences: Sequence[] = [];

  /** Blocks `first` to `end` (excluded) were read: which blocks to read ahead, if any. */
  after(first: number, end: number, limit: number): { readonly first: number; readonly end: number } | undefined {
    const sequence = this.#sequences.find((one) => first === one.end || first === one.end - 1);
    if (sequence === undefined) {
      this.#sequences = [{ end, aheadUntil: end, ahead: 0 }, ...this.#sequences].slice(0, maxSequences);
      return undefined;
    }
    // several reads of one block are no step
    if (end <= sequence.end) return undefined;
    sequence.end = end;
    sequence.ahead = Math.min(maxAhead, limit, Math.max(2, sequence.ahead * 2));
    const from = Math.max(end, sequence.aheadUntil);
    const until = end + sequence.ahead;
    // in steps of at least half of what lies ahead, so that one request brings several blocks
    if (until - from < sequence.ahead / 2) return undefined;
    sequence.aheadUntil = until;
    return { first: from, end: until };
  }
}
