import type { BackupCounts } from "../format/record.js";

/** What a writer did so far, in blocks, bytes and objects. JSON. */
export interface WriteCounts extends BackupCounts {
  /** Of the known blocks, those that the volume's newest point holds at the same place. */
  readonly knownInMapBlocks: number;
  /** Of the known blocks, those that this run has stored before, for this volume or another of the point. */
  readonly knownInRunBlocks: number;
  /** Of the known blocks, those found through the dedup index: stored by other volumes, earlier points, or runs that were cut short. */
  readonly knownInIndexBlocks: number;
  /** Of the blocks read, those that the newest point holds in a place that is lost or damaged, and that older points find again now. */
  readonly healedBlocks: number;
  /** Blocks that an earlier run, which was cut short, had read, and that were taken over from its checkpoint. They count as nothing else. */
  readonly resumedBlocks: number;
  /** Blocks that are no more since the base. */
  readonly removedBlocks: number;
  /** Data packs stored. */
  readonly packs: number;
  /** Bytes of those packs, with their directories. */
  readonly packBytes: number;
  /** Objects written: data and meta packs, index runs, records, groups. Leases come on top. */
  readonly objects: number;
}

/** The same, while it grows. */
export type GrowingCounts = { -readonly [Name in keyof WriteCounts]: number };

export function newCounts(): GrowingCounts {
  return {
    readBlocks: 0,
    zeroBlocks: 0,
    knownBlocks: 0,
    knownInMapBlocks: 0,
    knownInRunBlocks: 0,
    knownInIndexBlocks: 0,
    storedBlocks: 0,
    storedBytes: 0,
    healedBlocks: 0,
    resumedBlocks: 0,
    removedBlocks: 0,
    auditedBlocks: 0,
    packs: 0,
    packBytes: 0,
    objects: 0,
  };
}

/** The sum of several writers' counts. */
export function sumCounts(all: Iterable<WriteCounts>): GrowingCounts {
  const sum = newCounts();
  for (const counts of all) {
    sum.readBlocks += counts.readBlocks;
    sum.zeroBlocks += counts.zeroBlocks;
    sum.knownBlocks += counts.knownBlocks;
    sum.knownInMapBlocks += counts.knownInMapBlocks;
    sum.knownInRunBlocks += counts.knownInRunBlocks;
    sum.knownInIndexBlocks += counts.knownInIndexBlocks;
    sum.storedBlocks += counts.storedBlocks;
    sum.storedBytes += counts.storedBytes;
    sum.healedBlocks += counts.healedBlocks;
    sum.resumedBlocks += counts.resumedBlocks;
    sum.removedBlocks += counts.removedBlocks;
    sum.auditedBlocks += counts.auditedBlocks;
    sum.packs += counts.packs;
    sum.packBytes += counts.packBytes;
    sum.objects += counts.objects;
  }
  return sum;
}

/** What of it a record keeps. */
export function recordCounts({ readBlocks, zeroBlocks, knownBlocks, storedBlocks, storedBytes, auditedBlocks }: WriteCounts): BackupCounts {
  return { readBlocks, zeroBlocks, knownBlocks, storedBlocks, storedBytes, auditedBlocks };
}
