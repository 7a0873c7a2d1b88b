import { type Context } from "./context.js";
import { newLane, type Lane, type Volume } from "./lane.js";
import { putIfAbsent, read, remove } from "./shelf.js";
import { loseLane, stepLane, waitsForSibling } from "./writer-lane.js";

/** One run that writes a restore point of one volume or of several. */
export interface Writer {
  readonly kind: "writer";
  readonly id: string;
  at: "store" | "give up" | "end" | "over";
  readonly volumes: readonly Volume[];
  attempt: number;
  attemptsLeft: number;
  /** How many times a lane looks for a newer epoch of its own accord. */
  readonly looks: number;
  lanes: Lane[];
}

/** A run that has not begun. */
export function newWriter(id: string, volumes: readonly Volume[], { attempts = 1, looks = 1 } = {}): Writer {
  const writer: Writer = { kind: "writer", id, at: "store", volumes, attempt: 0, attemptsLeft: attempts, looks, lanes: [] };
  begin(writer);
  return writer;
}

function begin(writer: Writer): void {
  writer.attempt++;
  writer.attemptsLeft--;
  writer.at = "store";
  writer.lanes = writer.volumes.map((volume) => newLane(`${writer.id}.${String(writer.attempt)}${volume.stream}`, volume, writer.looks));
}

/** The name of the restore point that the run's attempt writes. */
function groupOf(writer: Writer): string {
  return `${writer.id}.${String(writer.attempt)}`;
}

/** One of the lanes goes on; when all records are written, the group is put, and the leases are ended. */
export function stepWriter(context: Context, writer: Writer): void {
  switch (writer.at) {
    case "store": {
      const isWritten = writer.lanes.every(({ at }) => at === "written");
      const ready = writer.lanes.filter((lane) => (lane.at !== "written" || lane.looksLeft > 0) && !waitsForSibling(lane, writer.lanes));
      const lane = ready[context.choose(ready.length + (isWritten ? 1 : 0), "lane")];
      if (lane === undefined) putGroup(context, writer);
      else if (stepLane(context, { group: groupOf(writer), lanes: writer.lanes }, lane) === "lost") giveUp(context, writer, lane);
      return;
    }
    case "give up":
    case "end":
      endLease(context, writer);
      return;
    case "over":
      return;
  }
}

function putGroup({ world, say }: Context, writer: Writer): void {
  const name = groupOf(writer);
  const members = writer.lanes.map(({ target, session }) => ({ record: target, session }));
  const isPut = putIfAbsent(world.groups, name, { kind: "restore point", members }) || read(world.groups, name)?.value.kind === "restore point";
  say(`${writer.id} puts group ${name}: ${isPut ? "committed" : "withdrawn before"}`);
  if (isPut && !world.promised.includes(name)) world.promised = [...world.promised, name].sort();
  writer.at = isPut ? "end" : "give up";
}

/** A lane has lost its place, its lease or a pack. */
function giveUp({ rules, say }: Context, writer: Writer, lane: Lane): void {
  if (!rules.groupStopsTogether && writer.attemptsLeft > 0) {
    writer.attemptsLeft--;
    loseLane(lane, writer.looks);
    say(`${writer.id} starts only ${lane.volume.stream} over, as ${lane.session}`);
  } else {
    writer.at = "give up";
  }
}

function endLease({ world, say }: Context, writer: Writer): void {
  const lane = writer.lanes.pop();
  if (lane !== undefined) {
    if (!lane.isInDoubt) remove(world.sessions, lane.session);
    say(`${writer.id} ${lane.isInDoubt ? "leaves" : "ends"} lease ${lane.session}`);
  }
  if (writer.lanes.length > 0) return;
  if (writer.at === "give up" && writer.attemptsLeft > 0) begin(writer);
  else writer.at = "over";
}
