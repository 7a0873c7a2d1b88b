import { newCollector } from "./collection.js";
import { type Choose } from "./context.js";
import { isOver, type Process } from "./process.js";
import { newReader } from "./reader.js";
import { newRetention } from "./retention.js";
import { putIfAbsent, remove } from "./shelf.js";
import { rulesWithout } from "./rules.js";
import { advance, type State } from "./state.js";
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

/** A's point needs frames a and b of the old pack; B's point, b alone. */
function sharedPack({ isOrphan = false } = {}): World {
  const world = emptyWorld();
  addPoint(world, "old", "A/1", [{ pack: "old/1", frame: "a" }, { pack: "old/1", frame: "b" }]);
  putIfAbsent(world.records, "B/1", { kind: "point", session: "shared", group: "shared point", references: [{ pack: "old/1", frame: "b" }] });
  putIfAbsent(world.groups, "shared point", { kind: "restore point", members: [{ record: "B/1", session: "shared" }] });
  if (isOrphan) remove(world.groups, "old point");
  return world;
}

/** A's point needs frame a of a pack that holds b besides. */
function oneFrameNeeded(): World {
  const world = emptyWorld();
  addPoint(world, "old", "A/1", [{ pack: "old/1", frame: "a" }]);
  world.packs = {};
  addPack(world, "old/1", ["a", "b"]);
  return world;
}

/** A compaction once died between its relocation and its epoch, and lost its new pack to another collection. */
function danglingRelocation(): World {
  const world = smallRepository();
  remove(world.packs, "dead/1");
  putIfAbsent(world.records, "B/1", { kind: "point", session: "shared", group: "shared point", references: [{ pack: "old/1", frame: "b" }] });
  putIfAbsent(world.groups, "shared point", { kind: "restore point", members: [{ record: "B/1", session: "shared" }] });
  putIfAbsent(world.relocations, "old/1#1", { pack: "old/1", target: "gone/1", frames: ["a", "b"] });
  return world;
}

const streamA = { stream: "A", content: ["a", "c"], changed: [1] };
const streamB = { stream: "B", content: ["c"], changed: [0] };
const newFrame = ["x"];

function scenario(name: string, processes: () => Process[], { faults = 0, world = smallRepository }: { faults?: number; world?: () => World } = {}): Scenario {
  return { name, start: () => ({ world: world(), processes: processes(), faultsLeft: faults }) };
}

type Walk = (id: string, isThere: (process: Process) => boolean, choose?: Choose) => void;

/** Lets processes make their first steps, the first way at each choice unless `choose` says otherwise, until they are where the story begins. */
function after({ name, start }: Scenario, story: (state: State, walk: Walk) => void): Scenario {
  return {
    name,
    start: () => {
      const state = start();
      story(state, (id, isThere, choose = () => 0) => {
        const process = state.processes.find((candidate) => candidate.id === id);
        while (process !== undefined && !isThere(process) && !isOver(process)) advance(state, process, { rules: rulesWithout(), choose, say: () => undefined });
      });
      return state;
    },
  };
}

function isAt(at: string, lane = 0): (process: Process) => boolean {
  return (process) => process.at === at || (process.kind === "writer" && process.lanes[lane]?.at === at);
}

/** A writer that has asked the index, found frame c in the dead run's pack, and looked for a newer epoch for the last time. */
function hasFound(state: State, walk: Walk): void {
  walk("w1", isAt("record"), finds);
  for (const process of state.processes) if (process.kind === "writer") for (const lane of process.lanes) lane.hasLookedLast = true;
}

/** The index is asked, and answers. */
const finds: Choose = (_count, what) => (what === "pack that the index names" ? 1 : 0);

/** The worlds that are explored whole. */
export const scenarios = {
  writerCollector: scenario("a writer and a collection", () => [newWriter("w1", [streamA]), newCollector("c1")]),
  writerCollectorAgain: scenario("a writer that may start over and a collection", () => [newWriter("w1", [streamA], { attempts: 2 }), newCollector("c1")]),
  writerCollectorFault: scenario("a writer and a collection, with one fault", () => [newWriter("w1", [streamA]), newCollector("c1")], { faults: 1 }),
  writerRetentionCollector: scenario("a writer, a removal and a collection", () => [newWriter("w1", [streamA]), newRetention("r1"), newCollector("c1")]),
  writerRetentionFault: scenario("a writer and a removal, with one fault", () => [newWriter("w1", [streamA], { looks: 0 }), newRetention("r1")], { faults: 1 }),
  readerRetentionCollector: scenario("a reader, a removal and two collections after another", () => [newReader("reader"), newRetention("r1"), newCollector("c1", { rounds: 2 })]),
  writerTwoCollectors: scenario("a writer and two collections", () => [newWriter("w1", [streamA], { looks: 0 }), newCollector("c1"), newCollector("c2")]),
  twoWritersCollector: scenario("two writers and a collection", () => [newWriter("w1", [streamA], { looks: 0 }), newWriter("w2", [streamB], { looks: 0 }), newCollector("c1")]),
  twoVolumes: scenario("a writer of two volumes and a collection", () => [newWriter("w1", [streamA, streamB], { looks: 0 }), newCollector("c1")]),
  sharedVolumes: scenario(
    "a writer of two volumes that share a block, and two collections after another",
    () => [
      newWriter(
        "w1",
        [
          { stream: "A", content: newFrame, changed: [0] },
          { stream: "B", content: newFrame, changed: [0] },
        ],
        { looks: 1 },
      ),
      newCollector("c1", { rounds: 2 }),
    ],
    { world: emptyWorld },
  ),
  writerCompactor: scenario("a writer and a compaction", () => [newWriter("w1", [streamA]), newCollector("c1", { compacts: true })]),
  writerRetentionCompactor: scenario(
    "a writer, a removal and a compaction of a shared pack",
    () => [newWriter("w1", [{ stream: "A", content: ["a", "x"], changed: [1] }], { looks: 0 }), newRetention("r1"), newCollector("c1", { compacts: true })],
    { world: sharedPack },
  ),
  writerOrphanCompactor: scenario(
    "a writer that grows from an orphan, and a compaction of a shared pack",
    () => [newWriter("w1", [{ stream: "A", content: ["a", "x"], changed: [1] }], { looks: 0 }), newCollector("c1", { compacts: true })],
    { world: () => sharedPack({ isOrphan: true }) },
  ),
  danglingCompactor: scenario(
    "a writer and a compaction, after a relocation whose target is gone",
    () => [newWriter("w1", [{ stream: "B", content: ["a"], changed: [0] }], { looks: 0 }), newRetention("r1"), newCollector("c1", { compacts: true })],
    { world: danglingRelocation },
  ),
  compactorCollector: scenario("a compaction, a collection and a reader", () => [newCollector("c1", { compacts: true }), newCollector("c2"), newReader("reader")]),
  lostPlace: after(
    scenario("a stalled writer whose place another took, a removal, and two collections after another", () => [newWriter("w1", [streamA], { looks: 0 }), newRetention("r1"), newCollector("c1", { rounds: 2 })]),
    (state, walk) => {
      hasFound(state, walk);
      addPoint(state.world, "quick", "A/2", [{ pack: "quick/1", frame: "q" }]);
    },
  ),
  recordInDoubt: after(
    scenario("a writer that is about to put its record, and a collection, with one fault", () => [newWriter("w1", [streamA], { looks: 0 }), newCollector("c1")], { faults: 1 }),
    hasFound,
  ),
  lateLease: after(
    scenario("a writer whose first put of its lease is still under way, and a collection", () => [newWriter("w1", [streamA], { looks: 0 }), newCollector("c1")]),
    (state, walk) => {
      state.processes.push({ kind: "late request", id: "first put", at: "under way", sender: newWriter("w1", [streamA]), choices: [0] });
      walk("w1", isAt("claim"));
    },
  ),
  openEpoch: after(
    scenario("a writer, a collection that waits for it, and another one that spares some packs", () => [newWriter("w1", [streamA], { looks: 0 }), newCollector("c1"), newCollector("c2", { spares: true })]),
    (state, walk) => {
      walk("w1", isAt("record"), finds);
      walk("c1", isAt("wait"));
      addPack(state.world, "dead/2", ["z"]);
    },
  ),
  sharedPackOfLateLane: after(
    scenario(
      "a writer of two volumes that has shared a block between them, and two collections after another",
      () => [newWriter("w1", [{ stream: "A", content: newFrame, changed: [0] }, { stream: "B", content: newFrame, changed: [0] }], { looks: 1 }), newCollector("c1", { rounds: 2 })],
      { world: emptyWorld },
    ),
    (_state, walk) => {
      walk("w1", isAt("record"));
      walk("w1", isAt("record", 1), (count, what) => (what === "lane" ? count - 1 : finds(count, what)));
    },
  ),
  twoMarks: after(
    scenario("two collections that mark again while a third, that began before them, replaces a record; and a writer", () => [
      newWriter("w1", [streamB], { looks: 0 }),
      newCollector("c1"),
      newCollector("c2"),
      newCollector("c3"),
    ]),
    (state, walk) => {
      putIfAbsent(state.world.groups, "quick point", { kind: "withdrawn" });
      walk("c1", isAt("wait"));
      walk("c2", isAt("wait"));
      putIfAbsent(state.world.records, "A/2", { kind: "point", session: "quick", group: "quick point", references: [{ pack: "dead/1", frame: "c" }] });
      for (const process of state.processes) {
        if (process.kind !== "collector" || process.id !== "c3") continue;
        process.at = "logs";
        process.epoch = 1;
        process.listing.withdrawn = ["quick point"];
      }
      walk("c3", isAt("replace"));
    },
  ),
  claimAgainstDrop: after(
    scenario("a writer that claims while a collection holds it for late, and another collection after that", () => [newWriter("w1", [streamA], { looks: 0 }), newCollector("c1", { spares: true, rounds: 2 })]),
    (state, walk) => {
      addPack(state.world, "dead/2", ["z"]);
      walk("w1", isAt("claim"));
      walk("c1", isAt("wait"), (_count, what) => (what === "spare dead/1" ? 1 : 0));
    },
  ),
  newNeedCompactor: scenario(
    "a writer that finds a frame which no point needs yet, and a compaction of its pack",
    () => [newWriter("w1", [{ stream: "B", content: ["b"], changed: [0] }], { looks: 0 }), newCollector("c1", { compacts: true })],
    { world: oneFrameNeeded },
  ),
} satisfies Record<string, Scenario>;
