import { newCollector } from "./collection.js";
import { type Process } from "./process.js";
import { newReader } from "./reader.js";
import { newRetention } from "./retention.js";
import { putIfAbsent } from "./shelf.js";
import { type State } from "./state.js";
import { emptyWorld, noteInIndex, type Reference, type World } from "./world.js";
import { newWriter } from "./writer.js";

/** A small world to be explored. */
export interface Scenario {
  readonly name: string;
  readonly start: () => State;
}

/** A repository with a restore point of stream A (frames a and b in one pack), and a pack with frame c that a dead run left. */
function smallRepository(): World {
  const world = emptyWorld();
  addPoint(world, "old", "A/1", [
    { pack: "old/1", frame: "a" },
    { pack: "old/1", frame: "b" },
  ]);
  addPack(world, "dead/1", ["c"]);
  return world;
}

/** The same, and a restore point of both streams: A has grown, and B shares a pack of A's. */
export function repositoryWithTwoStreams(): World {
  const world = smallRepository();
  addPack(world, "pair/1", ["c", "d"]);
  putIfAbsent(world.records, "A/2", { kind: "point", session: "pairA", group: "pair point", references: [{ pack: "old/1", frame: "a" }, { pack: "pair/1", frame: "c" }] });
  putIfAbsent(world.records, "B/1", { kind: "point", session: "pairB", group: "pair point", references: [{ pack: "pair/1", frame: "d" }, { pack: "old/1", frame: "b" }] });
  putIfAbsent(world.groups, "pair point", { kind: "restore point", members: [{ record: "A/2", session: "pairA" }, { record: "B/1", session: "pairB" }] });
  return world;
}

function addPack(world: World, pack: string, frames: readonly string[]): void {
  putIfAbsent(world.packs, pack, { frames });
  noteInIndex(world, pack, frames);
}

function addPoint(world: World, session: string, record: string, references: readonly Reference[]): void {
  for (const pack of new Set(references.map((reference) => reference.pack))) {
    addPack(
      world,
      pack,
      references.filter((reference) => reference.pack === pack).map(({ frame }) => frame),
    );
  }
  putIfAbsent(world.records, record, { kind: "point", session, group: `${session} point`, references });
  putIfAbsent(world.groups, `${session} point`, { kind: "restore point", members: [{ record, session }] });
}

const streamA = { stream: "A", content: ["a", "c"], changed: [1] };
const streamB = { stream: "B", content: ["c"], changed: [0] };

function scenario(name: string, processes: () => Process[], { faults = 0, world = smallRepository } = {}): Scenario {
  return { name, start: () => ({ world: world(), processes: processes(), faultsLeft: faults }) };
}

/** The worlds that are explored whole. */
export const scenarios = {
  writerAndCollector: scenario("a writer and a collection", () => [newWriter("w1", [streamA], { attempts: 2 }), newCollector("c1")]),
  writerAndCollectorWithFault: scenario("a writer and a collection, with one fault", () => [newWriter("w1", [streamA]), newCollector("c1")], { faults: 1 }),
  writerRetentionCollector: scenario("a writer, a removal and a collection", () => [newWriter("w1", [streamA]), newRetention("r1"), newCollector("c1")]),
  readerRetentionCollector: scenario("a reader, a removal and a collection", () => [newReader("reader"), newRetention("r1"), newCollector("c1", { rounds: 2 })]),
  writerTwoCollectors: scenario("a writer and two collections", () => [newWriter("w1", [streamA], { looks: 0 }), newCollector("c1"), newCollector("c2")]),
  twoWritersAndCollector: scenario("two writers and a collection", () => [newWriter("w1", [streamA], { looks: 0 }), newWriter("w2", [streamB], { looks: 0 }), newCollector("c1")]),
  twoVolumes: scenario("a writer of two volumes and a collection", () => [newWriter("w1", [streamA, streamB], { looks: 0 }), newCollector("c1")]),
  writerAndCompactor: scenario("a writer and a compaction", () => [newWriter("w1", [streamA]), newCollector("c1", { compacts: true })]),
  writerRetentionCompactor: scenario("a writer, a removal and a compaction", () => [newWriter("w1", [streamA]), newRetention("r1"), newCollector("c1", { compacts: true })]),
} satisfies Record<string, Scenario>;
