import { type Context } from "./context.js";
import { list, read } from "./shelf.js";
import { streamOf, type PointRecord, type Reference, type Relocation } from "./world.js";

/** A point record as a collection read it. */
export interface ReadPoint {
  readonly name: string;
  readonly version: number;
  readonly record: PointRecord;
}

/** A walk over all logs and all relocations, operation by operation: others go on meanwhile. */
export interface Marking {
  at: "streams" | "list" | "read" | "relocations" | "over";
  streams: string[];
  listed: string[];
  points: ReadPoint[];
  relocations: Relocation[];
}

/** A walk that has not begun. */
export function newMarking(): Marking {
  return { at: "streams", streams: [], listed: [], points: [], relocations: [] };
}

/** Lists the streams; for each, lists its log and reads the records listed. */
export function stepLogs({ world }: Context, marking: Marking): void {
  switch (marking.at) {
    case "streams":
      marking.streams = [...new Set(list(world.records).map(streamOf))];
      marking.at = marking.streams.length > 0 ? "list" : "relocations";
      return;
    case "list":
      marking.listed = list(world.records, `${marking.streams[0] ?? ""}/`);
      marking.at = "read";
      return;
    case "read":
      for (const name of marking.listed) {
        const stored = read(world.records, name);
        if (stored?.value.kind === "point") marking.points.push({ name, version: stored.version, record: stored.value });
      }
      marking.listed = [];
      marking.streams.shift();
      marking.at = marking.streams.length > 0 ? "list" : "relocations";
      return;
    case "relocations":
    case "over":
      return;
  }
}

/** Lists and reads all relocations. */
export function readRelocations({ world }: Context, marking: Marking): void {
  marking.relocations = list(world.relocations).flatMap((name) => read(world.relocations, name)?.value ?? []);
  marking.at = "over";
}

/** All that the points read refer to. */
export function referencesOf({ points }: Marking): Reference[] {
  return points.flatMap(({ record }) => record.references);
}
