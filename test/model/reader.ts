import { isChosen, type Context } from "./context.js";
import { compareAndSwap, list, putIfAbsent, read, remove } from "./shelf.js";
import { type Member } from "./world.js";

/** A restore, a copy, a verification: reads one restore point. What it needs is looked at after every step (invariants.ts). */
export interface Reader {
  readonly kind: "reader";
  readonly id: string;
  at: "choose" | "pin" | "read" | "work" | "end" | "over";
  group: string;
  /** Set once the pinned group was read: from here on the reader must find everything as long as its lease lives. */
  members: readonly Member[];
  leaseVersion: number;
  heartbeatsLeft: number;
}

/** A reader that has not begun. */
export function newReader(id: string): Reader {
  return { kind: "reader", id, at: "choose", group: "", members: [], leaseVersion: 0, heartbeatsLeft: 1 };
}

/** Finds a point in a listing, pins its name, reads its group, reads what it reaches, ends its lease. */
export function stepReader(context: Context, reader: Reader): void {
  const { world, rules, choose, say } = context;
  switch (reader.at) {
    case "choose": {
      const points = list(world.groups).filter((name) => read(world.groups, name)?.value.kind === "restore point");
      const chosen = points[choose(points.length + 1, "point to read") - 1];
      if (chosen === undefined) reader.at = "over";
      else {
        reader.group = chosen;
        reader.at = "pin";
        if (!rules.readerPinsFirst) readGroup(context, reader);
      }
      return;
    }
    case "pin":
      putIfAbsent(world.sessions, reader.id, { kind: "reader", pin: reader.group });
      reader.leaseVersion = 1;
      reader.at = rules.readerPinsFirst ? "read" : "work";
      say(`${reader.id} pins ${reader.group}`);
      return;
    case "read":
      readGroup(context, reader);
      reader.at = reader.members.length > 0 ? "work" : "end";
      return;
    case "work":
      if (reader.heartbeatsLeft > 0 && isChosen(context, "heartbeat")) {
        reader.heartbeatsLeft--;
        if (compareAndSwap(world.sessions, reader.id, reader.leaseVersion, { kind: "reader", pin: reader.group })) reader.leaseVersion++;
        else reader.at = "end";
      } else {
        reader.at = "end";
      }
      return;
    case "end":
      remove(world.sessions, reader.id);
      reader.members = [];
      reader.at = "over";
      say(`${reader.id} ends`);
      return;
    case "over":
      return;
  }
}

function readGroup({ world, say }: Context, reader: Reader): void {
  const group = read(world.groups, reader.group)?.value;
  reader.members = group?.kind === "restore point" ? group.members : [];
  say(`${reader.id} reads ${reader.group}: ${group?.kind ?? "none"}`);
}
