import { listEpochs, nothingCondemned } from "./condemned.js";
import { isChosen, type Context } from "./context.js";
import { compareAndSwap, list, putIfAbsent, read, remove } from "./shelf.js";
import { newLane, type Lane, type Whole } from "./lane.js";
import { noteInIndex, sequenceOf, type PointRecord } from "./world.js";

/** Begins a lane anew with another session (only where a guard is left out: else the whole run starts over). */
export function loseLane(lane: Lane, looks: number): void {
  Object.assign(lane, newLane(`${lane.session}'`, lane.volume, looks));
}

/** The next step of a volume; "lost" ends the attempt. */
export function stepLane(context: Context, whole: Whole, lane: Lane): "lost" | undefined {
  if (looksNow(context, lane)) {
    lane.resume = lane.at;
    lane.at = "look";
  }
  switch (lane.at) {
    case "open":
      open(context, lane);
      return undefined;
    case "epoch":
      readEpoch(context, lane);
      return undefined;
    case "lists":
      readLists(context, lane);
      return undefined;
    case "head":
      readHead(context, lane);
      return undefined;
    case "parent":
      chooseParent(context, lane);
      return undefined;
    case "claim":
      return claim(context, lane);
    case "confirm":
      confirmParent(context, lane);
      return undefined;
    case "find":
      find(context, whole, lane);
      return undefined;
    case "upload":
      upload(context, lane);
      return undefined;
    case "look":
      return look(context, lane);
    case "new lists":
      return readNewLists(context, lane);
    case "say":
      return sayEpoch(context, lane);
    case "record":
      return putRecord(context, whole, lane);
    case "drop":
      remove(context.world.sessions, lane.session);
      lane.at = "written";
      lane.looksLeft = 0;
      return undefined;
    case "written":
      return undefined;
  }
}

function looksNow(context: Context, lane: Lane): boolean {
  if (lane.at === "record" && !lane.hasLookedLast && context.rules.looksBeforeRecord) {
    lane.hasLookedLast = true;
    return true;
  }
  if (lane.at === "written") {
    lane.looksLeft--;
    return true;
  }
  if (!["find", "upload", "record"].includes(lane.at) || lane.looksLeft === 0 || !isChosen(context, "look for a newer epoch")) return false;
  lane.looksLeft--;
  return true;
}

function open({ world, rules, say }: Context, lane: Lane): void {
  if (!rules.leaseBeforeEpoch && lane.epoch === -1) {
    lane.at = "epoch";
    return;
  }
  putIfAbsent(world.sessions, lane.session, { kind: "writer", epoch: null, target: null, parent: null });
  lane.leaseVersion = 1;
  lane.at = rules.leaseBeforeEpoch ? (rules.epochBeforeHead ? "epoch" : "head") : "claim";
  say(`${lane.session} puts its lease`);
}

function readEpoch({ world, rules, say }: Context, lane: Lane): void {
  const { epoch, listName } = listEpochs(world);
  lane.epoch = epoch;
  lane.listName = listName;
  lane.condemned = nothingCondemned;
  lane.at = listName === null ? (rules.epochBeforeHead ? "head" : "claim") : "lists";
  say(`${lane.session} reads epoch ${epoch}${listName === null ? "" : `, list ${listName}`}`);
}

function readLists({ world, rules }: Context, lane: Lane): void {
  const condemned = read(world.lists, lane.listName ?? "")?.value;
  if (condemned !== undefined) lane.condemned = condemned;
  // Lists vanish when their epoch is done.
  lane.at = condemned === undefined ? "epoch" : rules.epochBeforeHead ? "head" : "claim";
  lane.listName = null;
}

function readHead({ world, say }: Context, lane: Lane): void {
  lane.log = list(world.records, `${lane.volume.stream}/`);
  const head = Math.max(0, ...lane.log.map(sequenceOf));
  lane.target = `${lane.volume.stream}/${String(head + 1)}`;
  lane.at = "parent";
  say(`${lane.session} lists its log: target ${lane.target}`);
}

/** Takes the newest point that is not avoided, and what it keeps of it. */
function chooseParent({ world, rules, say }: Context, lane: Lane): void {
  const { content, changed } = lane.volume;
  let parent: PointRecord | null = null;
  lane.parent = null;
  for (const name of lane.log) {
    const record = read(world.records, name)?.value;
    if (record?.kind !== "point" || lane.avoided.includes(name)) continue;
    if (lane.parent !== null && sequenceOf(lane.parent) > sequenceOf(name)) continue;
    [lane.parent, parent] = [name, record];
  }
  lane.parentGroup = parent?.group ?? "";
  lane.references = content.map((_frame, position) => (changed.includes(position) ? null : (parent?.references[position] ?? null)));
  lane.inherited = [...new Set(lane.references.flatMap((reference) => (reference === null ? [] : [reference.pack])))].sort();
  if (!rules.epochBeforeHead && lane.epoch === -1) lane.at = "epoch";
  else lane.at = rules.leaseBeforeEpoch || lane.leaseVersion > 0 ? "claim" : "open";
  say(`${lane.session} takes parent ${lane.parent ?? "none"}`);
}

function claim({ world, rules, say }: Context, lane: Lane): "lost" | undefined {
  const { epoch, target, parent } = lane;
  const isClaimed = compareAndSwap(world.sessions, lane.session, lane.leaseVersion, { kind: "writer", epoch, target, parent });
  say(`${lane.session} claims ${target} at epoch ${epoch}: ${isClaimed ? "done" : "lease lost"}`);
  if (!isClaimed) return "lost";
  lane.leaseVersion++;
  lane.at = parent !== null && rules.parentIsConfirmed ? "confirm" : "find";
  if (lane.at === "find") lane.log = [];
  return undefined;
}

function confirmParent({ world, say }: Context, lane: Lane): void {
  const isWithdrawn = read(world.groups, lane.parentGroup)?.value.kind === "withdrawn";
  say(`${lane.session} finds its parent ${lane.parent ?? ""} ${isWithdrawn ? "withdrawn" : "in its place"}`);
  if (isWithdrawn) lane.avoided = [...lane.avoided, lane.parent ?? ""];
  else [lane.log, lane.avoided] = [[], []];
  lane.at = isWithdrawn ? "parent" : "find";
}

/** Asks the other lanes, then the index, for the block at the next position that must be read. */
function find({ world, rules, choose, say }: Context, whole: Whole, lane: Lane): void {
  while (lane.references[lane.position] !== null && lane.position < lane.references.length) lane.position++;
  const frame = lane.volume.content[lane.position];
  if (frame === undefined) {
    lane.at = "upload";
    return;
  }
  const isCondemned = (pack: string) => rules.foundIsNotCondemned && [...lane.condemned.dead, ...lane.condemned.relocated].includes(pack);
  const siblings = whole.lanes.filter((other) => other !== lane);
  // What is on its way into the store comes there after this lane's lease: it need not be seen, only waited for.
  const onTheirWay = siblings.filter((other) => other.at === "upload" && framesToStore(other).includes(frame)).map(packOf);
  const known = (world.index[frame] ?? []).filter((pack) => !isCondemned(pack) && pack !== lane.own);
  const packs = [...known, ...onTheirWay];
  const pack = packs[choose(packs.length + 1, "pack that the index names") - 1];
  if (pack !== undefined) {
    const isShared = siblings.some((other) => packOf(other) === pack);
    const isSure = onTheirWay.includes(pack) || !(isShared ? rules.sharedIsSeen : rules.foundIsSeen);
    if (isSure || read(world.packs, pack) !== undefined) {
      lane.references[lane.position] = { pack, frame };
      const reused = isShared ? "shared" : "found";
      lane[reused] = [...new Set([...lane[reused], pack])].sort();
      say(`${lane.session} reuses ${frame} in ${pack}`);
    }
  }
  lane.position++;
  if (!lane.references.includes(null, lane.position)) lane.at = "upload";
}

function packOf({ session }: Lane): string {
  return `${session}/1`;
}

function framesToStore({ volume, references }: Lane): string[] {
  return volume.content.filter((_frame, position) => references[position] === null);
}

/** Whether a lane must wait for a pack that another one is about to store. */
export function waitsForSibling(lane: Lane, lanes: readonly Lane[]): boolean {
  return lane.at === "record" && lanes.some((other) => other.own === null && lane.shared.includes(packOf(other)));
}

/** Stores what was not found. */
function upload({ world, say }: Context, lane: Lane): void {
  const frames = framesToStore(lane);
  if (frames.length > 0) {
    const pack = packOf(lane);
    putIfAbsent(world.packs, pack, { frames });
    noteInIndex(world, pack, frames);
    lane.references = lane.references.map((reference, position) => reference ?? { pack, frame: lane.volume.content[position] ?? "" });
    lane.own = pack;
    say(`${lane.session} uploads ${pack} with ${frames.join(", ")}`);
  }
  lane.at = "record";
}

function look({ world, rules, say }: Context, lane: Lane): "lost" | undefined {
  const { epoch, listName, isDecided } = listEpochs(world);
  lane.at = lane.resume;
  if (epoch <= lane.epoch) return undefined;
  say(`${lane.session} sees epoch ${epoch}${listName === null ? "" : `, list ${listName}`}`);
  if (rules.passedOverIsLost && isDecided) return "lost";
  lane.nextEpoch = epoch;
  lane.listName = listName;
  if (listName === null) lane.condemned = nothingCondemned;
  // Once its record is written, the second mark sees it: there is nothing to check.
  lane.at = listName === null || lane.resume === "written" ? "say" : "new lists";
  return undefined;
}

function readNewLists({ world, rules, say }: Context, lane: Lane): "lost" | undefined {
  const condemned = read(world.lists, lane.listName ?? "")?.value;
  lane.listName = null;
  if (condemned === undefined) {
    lane.at = "look";
    return undefined;
  }
  lane.condemned = condemned;
  const found = [...(rules.foundIsChecked ? lane.found : []), ...(rules.siblingsAreChecked ? lane.shared : [])];
  const bad =
    found.find((pack) => condemned.dead.includes(pack) || condemned.relocated.includes(pack)) ?? (rules.inheritedIsChecked ? lane.inherited.find((pack) => condemned.dead.includes(pack)) : undefined);
  if (bad !== undefined) say(`${lane.session} relies on ${bad}, which is condemned`);
  lane.at = "say";
  return bad === undefined ? undefined : "lost";
}

function sayEpoch({ world, say }: Context, lane: Lane): "lost" | undefined {
  const { target, parent, nextEpoch: epoch } = lane;
  const isSaid = compareAndSwap(world.sessions, lane.session, lane.leaseVersion, { kind: "writer", epoch, target, parent });
  say(`${lane.session} says epoch ${epoch}: ${isSaid ? "done" : "lease lost"}`);
  lane.at = lane.resume;
  // Whose record is written needs no lease any more.
  if (!isSaid) return lane.resume === "written" ? undefined : "lost";
  lane.leaseVersion++;
  lane.epoch = epoch;
  return undefined;
}

function putRecord(context: Context, whole: Whole, lane: Lane): "lost" | undefined {
  const { world, rules, say, fails, sendLate } = context;
  const references = lane.references.flatMap((reference) => reference ?? []);
  const record: PointRecord = { kind: "point", session: lane.session, group: whole.group, references };
  if (fails("the record's put times out")) {
    sendLate(lane.target, record);
    lane.isInDoubt = rules.doubtKeepsLease;
    say(`${lane.session} does not learn whether its record was put`);
    return "lost";
  }
  const isPut = putIfAbsent(world.records, lane.target, record);
  const there = read(world.records, lane.target)?.value;
  const isOwn = isPut || (there?.kind === "point" && there.session === lane.session);
  say(`${lane.session} puts record ${lane.target}: ${isOwn ? references.map(({ pack, frame }) => `${frame} in ${pack}`).join(", ") : "the place is taken"}`);
  if (!isOwn) return "lost";
  lane.looksLeft = Math.max(1, lane.looksLeft);
  lane.at = rules.sessionsOutliveGroup ? "written" : "drop";
  return undefined;
}
