import { list, type Shelf } from "./shelf.js";

/** A frame and the pack that a block map says it is in. */
export interface Reference {
  readonly pack: string;
  readonly frame: string;
}

/** A pack holds frames; a frame is named by its content. Its name is `<session>/<n>`. (A meta pack is a pack as any other here.) */
export interface Pack {
  readonly frames: readonly string[];
}

/** A record's identity is its session: a session puts one record. */
export interface PointRecord {
  readonly kind: "point";
  readonly session: string;
  readonly group: string;
  readonly references: readonly Reference[];
}

/** What stands at a place of a log. */
export type LogEntry = PointRecord | { readonly kind: "fence" } | { readonly kind: "tombstone" };

/** A record as a group names it. */
export interface Member {
  readonly record: string;
  readonly session: string;
}

/** A restore point, or the end of its name. */
export type Group = { readonly kind: "restore point"; readonly members: readonly Member[] } | { readonly kind: "withdrawn" };

/** What a session says of itself. */
export type Lease =
  | { readonly kind: "writer"; readonly epoch: number | null; readonly target: string | null; readonly parent: string | null }
  | { readonly kind: "reader"; readonly pin: string }
  | { readonly kind: "compactor" };

/** Packs that a collection condemns: those that nobody reaches, and those whose frames were copied. */
export interface CondemnedList {
  readonly dead: readonly string[];
  readonly relocated: readonly string[];
}

/** Where frames of a pack are found besides. */
export interface Relocation {
  readonly pack: string;
  readonly target: string;
  readonly frames: readonly string[];
}

/** A repository: plain data, so that it can be copied, compared and hashed. */
export interface World {
  packs: Shelf<Pack>;
  /** By `<stream>/<sequence>`. */
  records: Shelf<LogEntry>;
  groups: Shelf<Group>;
  sessions: Shelf<Lease>;
  /** By epoch number: the name of the epoch's list. */
  epochs: Shelf<string>;
  finals: Shelf<string>;
  dones: Shelf<true>;
  lists: Shelf<CondemnedList>;
  /** By `<pack>#<n>`. */
  relocations: Shelf<Relocation>;
  /** A cache that is never cleaned, so that all that it says may be out of date: by frame, every pack that ever held it. */
  index: Record<string, string[]>;
  /** The restore points that a run has reported and nobody has removed: they must be there. */
  promised: string[];
  /** The restore points that somebody has removed: they must not come back. */
  removed: string[];
}

/** A repository with nothing in it. */
export function emptyWorld(): World {
  return {
    packs: {},
    records: {},
    groups: {},
    sessions: {},
    epochs: {},
    finals: {},
    dones: {},
    lists: {},
    relocations: {},
    index: {},
    promised: [],
    removed: [],
  };
}

/** The session that made a pack. */
export function makerOf(pack: string): string {
  return pack.slice(0, pack.indexOf("/"));
}

/** The stream of a record's name. */
export function streamOf(record: string): string {
  return record.slice(0, record.indexOf("/"));
}

/** The sequence number of a record's name. */
export function sequenceOf(record: string): number {
  return Number(record.slice(record.indexOf("/") + 1));
}

/** The newest epoch; 0 when there was none. */
export function newestEpoch(world: World): number {
  return Math.max(0, ...list(world.epochs).map(Number));
}

/** Notes in the index that a pack has these frames. */
export function noteInIndex(world: World, pack: string, frames: readonly string[]): void {
  for (const frame of frames) {
    const known = world.index[frame] ?? [];
    if (!known.includes(pack)) world.index = { ...world.index, [frame]: [...known, pack].sort() };
  }
}
