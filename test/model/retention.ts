import { type Context } from "./context.js";
import { compareAndSwap, list, read, remove } from "./shelf.js";

/** Removes one restore point. */
export interface Retention {
  readonly kind: "retention";
  readonly id: string;
  at: "choose" | "withdraw" | "over";
  group: string;
  version: number;
}

/** A removal that has not begun. */
export function newRetention(id: string): Retention {
  return { kind: "retention", id, at: "choose", group: "", version: 0 };
}

/** Reads a restore point's group, then replaces it by a withdrawn one, by compare-and-swap. */
export function stepRetention(context: Context, retention: Retention): void {
  const { world, rules, choose, say } = context;
  switch (retention.at) {
    case "choose": {
      const points = list(world.groups).filter((name) => read(world.groups, name)?.value.kind === "restore point");
      const chosen = points[choose(points.length + 1, "point to remove") - 1];
      retention.at = chosen === undefined ? "over" : "withdraw";
      if (chosen === undefined) return;
      retention.group = chosen;
      retention.version = read(world.groups, chosen)?.version ?? 0;
      return;
    }
    case "withdraw": {
      const { group, version } = retention;
      if (read(world.groups, group)?.version === version) {
        world.promised = world.promised.filter((name) => name !== group);
        world.removed = [...world.removed, group].sort();
        if (rules.groupNamesStay) compareAndSwap(world.groups, group, version, { kind: "withdrawn" });
        else remove(world.groups, group);
        say(`${retention.id} removes ${group}`);
      }
      retention.at = "over";
      retention.group = "";
      return;
    }
    case "over":
      return;
  }
}
