import { isChosen, type Context } from "./context.js";
import { compareAndSwap, putIfAbsent, read } from "./shelf.js";
import { sequenceOf, streamOf } from "./world.js";
import { type Collector } from "./collection.js";

/** The records of withdrawn groups that nobody reads or builds on. */
export function pointsToReplace({ rules }: Context, { listing, marking }: Collector): string[] {
  const isPinned = (group: string) => rules.pinsAreKept && listing.leases.some(({ lease }) => lease.kind === "reader" && lease.pin === group);
  const isParent = (record: string) => rules.parentsAreKept && listing.leases.some(({ lease }) => lease.kind === "writer" && lease.parent === record);
  return marking.points.filter(({ name, record }) => listing.withdrawn.includes(record.group) && !isPinned(record.group) && !isParent(name)).map(({ name }) => name);
}

/** The records whose groups nobody has put, unless they are their streams' newest and not old enough yet. */
export function chooseOrphans(context: Context, { listing, marking }: Collector): string[] {
  const newest = new Map<string, number>();
  for (const { name } of marking.points) newest.set(streamOf(name), Math.max(newest.get(streamOf(name)) ?? 0, sequenceOf(name)));
  return marking.points
    .filter(({ record }) => !listing.groups.includes(record.group))
    .filter(({ name }) => sequenceOf(name) < (newest.get(streamOf(name)) ?? 0) || isChosen(context, `${name} is old`))
    .map(({ name }) => name);
}

/** Asks for the session of the next orphan by name: as long as it is there, the record is none. */
export function askForSession({ world, rules }: Context, { listing, marking }: Collector): void {
  const name = listing.orphans.shift() ?? "";
  const session = marking.points.find((point) => point.name === name)?.record.session ?? "";
  const isThere = rules.sessionIsAskedFor ? read(world.sessions, session) !== undefined : listing.sessionNames.includes(session);
  if (!isThere) listing.gone.push(name);
}

/** Makes sure that the next orphan's group never comes. The next collection replaces its record. */
export function withdrawOrphan({ world, rules, say }: Context, { id, listing, marking }: Collector): void {
  const name = listing.gone.shift() ?? "";
  const group = marking.points.find((point) => point.name === name)?.record.group ?? "";
  if (rules.orphansAreWithdrawn) {
    putIfAbsent(world.groups, group, { kind: "withdrawn" });
    say(`${id} withdraws ${group} of the orphan ${name}: ${read(world.groups, group)?.value.kind ?? ""}`);
  }
  const isOver = !rules.orphansAreWithdrawn || read(world.groups, group)?.value.kind === "withdrawn";
  if (!rules.orphansWaitARound && isOver) listing.replaced.push(name);
}

/** Replaces the next record by a tombstone. */
export function replace({ world, rules, say }: Context, { id, listing, marking }: Collector): void {
  const name = listing.replaced.shift() ?? "";
  const version = marking.points.find((point) => point.name === name)?.version ?? 0;
  if (compareAndSwap(world.records, name, version, { kind: "tombstone" })) say(`${id} replaces ${name} by a tombstone`);
  if (!rules.logPlacesStay) Reflect.deleteProperty(world.records, name);
  marking.points = marking.points.filter((point) => point.name !== name);
}
