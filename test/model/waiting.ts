import { type Context } from "./context.js";
import { compareAndRemove, list, putIfAbsent, read, remove } from "./shelf.js";
import { type Collector, type LateLease, type Waiting } from "./collection.js";

/** The next operation of the wait; or, before anything is listed, of a walk that ends late sessions and waits for nobody. Who is late is a guess: here, whoever a choice names. */
export function stepWaiting(context: Context, { id, epoch, listing, waiting }: Collector, { isFirst }: { isFirst: boolean }): "nobody is behind" | undefined {
  const { world, rules, choose, say } = context;
  const { late } = waiting;
  switch (waiting.at) {
    case "list":
      waiting.names = rules.sessionsAreListedAnew || isFirst ? list(world.sessions) : listing.sessionNames;
      waiting.at = "judge";
      // Nothing to read where there are none.
      return waiting.names.length === 0 ? over(waiting) : undefined;
    case "judge": {
      const leases = waiting.names.flatMap((name) => {
        const stored = read(world.sessions, name);
        return stored === undefined ? [] : [{ name, version: stored.version, lease: stored.value }];
      });
      const isBehind = ({ lease }: LateLease): boolean => lease.kind === "writer" && (lease.epoch ?? -1) < epoch;
      const mayBeLate = leases.filter((lease) => isFirst || isBehind(lease) || lease.lease.kind !== "writer");
      waiting.late = mayBeLate[choose(mayBeLate.length + 1, "late lease") - 1] ?? null;
      waiting.names = [];
      if (waiting.late === null) return leases.some(isBehind) && !isFirst ? void (waiting.at = "list") : over(waiting);
      waiting.at = waiting.late.lease.kind === "writer" && waiting.late.lease.target !== null && rules.lateAreFenced ? "fence" : "drop";
      say(`${id} holds ${waiting.late.name} for late`);
      return undefined;
    }
    case "fence": {
      const target = late?.lease.kind === "writer" ? (late.lease.target ?? "") : "";
      const isPut = putIfAbsent(world.records, target, { kind: "fence" });
      say(`${id} fences ${target}: ${isPut ? "done" : "the place is taken"}`);
      waiting.at = isPut || !rules.lateGroupsAreWithdrawn ? "drop" : "withdraw";
      return undefined;
    }
    case "withdraw": {
      const record = late?.lease.kind === "writer" ? read(world.records, late.lease.target ?? "")?.value : undefined;
      if (record?.kind === "point" && record.session === late?.name) {
        putIfAbsent(world.groups, record.group, { kind: "withdrawn" });
        say(`${id} withdraws ${record.group}: ${read(world.groups, record.group)?.value.kind ?? ""}`);
      }
      waiting.at = "drop";
      return undefined;
    }
    case "drop":
      if (late !== null) {
        const isDropped = rules.dropsAreCompared ? compareAndRemove(world.sessions, late.name, late.version) : (remove(world.sessions, late.name), true);
        say(`${id} drops lease ${late.name}: ${isDropped ? "done" : "it has changed"}`);
      }
      waiting.late = null;
      waiting.at = "list";
      return undefined;
  }
}

function over(waiting: Waiting): "nobody is behind" {
  waiting.at = "list";
  waiting.names = [];
  return "nobody is behind";
}
