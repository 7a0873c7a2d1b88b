import { type Process } from "./process.js";
import { isRelocated, reachedPacks } from "./reach.js";
import { list, read } from "./shelf.js";
import { type Reference, type World } from "./world.js";

/** Whether a frame is found: in its pack, or through relocations. */
function isFound(world: World, reference: Reference): boolean {
  const isThere = ({ pack, frame }: Reference) => read(world.packs, pack)?.value.frames.includes(frame) ?? false;
  return isThere(reference) || isRelocated(reference, list(world.relocations).flatMap((name) => read(world.relocations, name)?.value ?? []), isThere);
}

/** What is wrong now: data that is lost, a restore point that is not what it says. Undefined when all is well. */
export function lossIn(world: World): string | undefined {
  return lostRecord(world) ?? lostPoint(world);
}

/** Every record keeps what it reaches, also one whose group is not there: a later backup may grow from it. */
function lostRecord(world: World): string | undefined {
  for (const name of list(world.records)) {
    const record = read(world.records, name)?.value;
    const lost = record?.kind === "point" ? record.references.find((reference) => !isFound(world, reference)) : undefined;
    if (lost !== undefined) return `record ${name} has lost ${lost.frame} in ${lost.pack}`;
  }
  return undefined;
}

/** Every restore point has its records, and what was reported is there until somebody removes it. */
function lostPoint(world: World): string | undefined {
  for (const name of list(world.groups)) {
    const group = read(world.groups, name)?.value;
    for (const member of group?.kind === "restore point" ? group.members : []) {
      const record = read(world.records, member.record)?.value;
      if (record?.kind !== "point" || record.session !== member.session) return `restore point ${name} has lost its record ${member.record}`;
    }
  }
  const broken = world.promised.find((name) => read(world.groups, name)?.value.kind !== "restore point");
  const returned = world.removed.find((name) => read(world.groups, name)?.value.kind === "restore point");
  if (returned !== undefined) return `restore point ${returned} was removed, and is there again`;
  return broken === undefined ? undefined : `restore point ${broken} was reported, and is not there`;
}

/** A reader that pinned its point and read its group finds everything as long as its lease lives. */
export function harmIn(world: World, processes: readonly Process[]): string | undefined {
  for (const reader of processes) {
    if (reader.kind !== "reader" || read(world.sessions, reader.id) === undefined) continue;
    for (const member of reader.members) {
      const record = read(world.records, member.record)?.value;
      if (record?.kind !== "point" || record.session !== member.session) return `reader ${reader.id} has lost record ${member.record} of its point`;
    }
  }
  return undefined;
}

/** What stays behind though nobody reaches it, once nobody is at work and a collection has held everybody for late. */
export function leakIn(world: World): string | undefined {
  const points = list(world.records).flatMap((name) => {
    const record = read(world.records, name)?.value;
    return record?.kind === "point" ? [{ name, record }] : [];
  });
  const relocations = list(world.relocations).flatMap((name) => read(world.relocations, name)?.value ?? []);
  const reached = reachedPacks(
    points.flatMap(({ record }) => record.references),
    relocations,
  );
  const orphan = points.find(({ record }) => read(world.groups, record.group)?.value.kind !== "restore point");
  const pack = list(world.packs).find((name) => !reached.has(name));
  const relocation = relocations.find((relocation) => !reached.has(relocation.pack));
  const lease = list(world.sessions)[0];
  if (orphan !== undefined) return `record ${orphan.name} belongs to no restore point and stays`;
  if (pack !== undefined) return `pack ${pack} is reached by nobody and stays`;
  if (relocation !== undefined) return `a relocation of ${relocation.pack} is reached by nobody and stays`;
  if (lease !== undefined) return `lease ${lease} stays`;
  return undefined;
}

/** A list that stays behind though its epoch, or a later one, is done. */
export function leftListIn(world: World): string | undefined {
  const [left] = list(world.lists);
  return left === undefined ? undefined : `list ${left} stays`;
}
