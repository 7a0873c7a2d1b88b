import { nothingCondemned } from "./condemned.js";
import { newMarking, type Marking } from "./marking.js";
import { type CondemnedList, type Lease } from "./world.js";

/** A lease as a collection listed it. */
export interface ListedLease {
  readonly name: string;
  readonly lease: Lease;
}

/** The pack that is compacted, and the frames of it that live points need. */
export interface Compaction {
  victim: string | null;
  frames: string[];
}

/** A lease as it was when it was held for late. */
export interface LateLease {
  readonly name: string;
  readonly version: number;
  readonly lease: Lease;
}

/** Waiting for all writers; whoever is late loses the power to commit. */
export interface Waiting {
  at: "list" | "judge" | "fence" | "withdraw" | "drop";
  names: string[];
  late: LateLease | null;
}

/** The next operation. */
export type At =
  | "begin"
  | "lease"
  | "packs"
  | "groups"
  | "late"
  | "sessions"
  | "logs"
  | "pins"
  | "read pins"
  | "orphans"
  | "withdraw orphans"
  | "replace"
  | "relocations"
  | "copy"
  | "relocate"
  | "end lease"
  | "put list"
  | "put epoch"
  | "drop list"
  | "read list"
  | "wait"
  | "mark again"
  | "relocations again"
  | "packs again"
  | "put final list"
  | "put final"
  | "read final"
  | "delete"
  | "delete relocations"
  | "done"
  | "delete lists"
  | "over";

/** What a collection has listed before it puts its epoch; nothing of it counts afterwards. */
export interface Listing {
  packs: string[];
  groups: string[];
  withdrawn: string[];
  /** Sessions whose packs are spared. */
  sessionNames: string[];
  /** Sessions whose pins and parents are kept. */
  pinNames: string[];
  leases: ListedLease[];
  /** Orphans whose sessions are to be asked for, then whose groups are to be withdrawn; and what is to be replaced. */
  orphans: string[];
  gone: string[];
  replaced: string[];
}

/** One collection, or a compaction, which is a collection that copies frames first. */
export interface Collector {
  readonly kind: "collector";
  readonly id: string;
  at: At;
  readonly compacts: boolean;
  /** Whether it leaves some candidates alone: they are young, or locked. */
  readonly spares: boolean;
  roundsLeft: number;
  epoch: number;
  listing: Listing;
  marking: Marking;
  compaction: Compaction;
  waiting: Waiting;
  listName: string;
  condemned: CondemnedList;
}

/** Before anything is listed. */
export function nothingListed(): Listing {
  return { packs: [], groups: [], withdrawn: [], sessionNames: [], pinNames: [], leases: [], orphans: [], gone: [], replaced: [] };
}

/** A collection that has not begun. */
export function newCollector(id: string, { compacts = false, spares = false, rounds = 1 } = {}): Collector {
  return {
    kind: "collector",
    id,
    at: "begin",
    compacts,
    spares,
    roundsLeft: rounds,
    epoch: 0,
    listing: nothingListed(),
    marking: newMarking(),
    compaction: { victim: null, frames: [] },
    waiting: { at: "list", names: [], late: null },
    listName: "",
    condemned: nothingCondemned,
  };
}

