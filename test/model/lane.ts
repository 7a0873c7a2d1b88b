import { nothingCondemned } from "./condemned.js";
import { type CondemnedList, type Reference } from "./world.js";

/** A volume as its snapshot shows it. */
export interface Volume {
  readonly stream: string;
  /** By position. */
  readonly content: readonly string[];
  /** The positions that an increment reads. */
  readonly changed: readonly number[];
}

/** What a lane knows of the restore point that it is a part of. */
export interface Whole {
  readonly group: string;
  readonly lanes: readonly Lane[];
}

/** The next operation of a lane. */
export type LaneAt = "open" | "epoch" | "lists" | "head" | "parent" | "claim" | "confirm" | "find" | "upload" | "look" | "new lists" | "say" | "record" | "drop" | "written";

/** One volume of a run: its session, its place in its log, its part of the restore point. */
export interface Lane {
  readonly volume: Volume;
  session: string;
  at: LaneAt;
  leaseVersion: number;
  /** The epoch whose lists were read; said in the lease since the claim or the last look. */
  epoch: number;
  nextEpoch: number;
  listName: string | null;
  condemned: CondemnedList;
  log: string[];
  target: string;
  parent: string | null;
  parentGroup: string;
  /** Points whose groups were found withdrawn. */
  avoided: string[];
  inherited: string[];
  references: (Reference | null)[];
  position: number;
  found: string[];
  shared: string[];
  own: string | null;
  looksLeft: number;
  /** Where to go on after a look. */
  resume: LaneAt;
  hasLookedLast: boolean;
  isInDoubt: boolean;
}

/** A volume whose backup has not begun. */
export function newLane(session: string, volume: Volume, looks: number): Lane {
  return {
    volume,
    session,
    at: "open",
    leaseVersion: 0,
    epoch: -1,
    nextEpoch: 0,
    listName: null,
    condemned: nothingCondemned,
    log: [],
    target: "",
    parent: null,
    parentGroup: "",
    avoided: [],
    inherited: [],
    references: [],
    position: 0,
    found: [],
    shared: [],
    own: null,
    looksLeft: looks,
    resume: "find",
    hasLookedLast: false,
    isInDoubt: false,
  };
}
