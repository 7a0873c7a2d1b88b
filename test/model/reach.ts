import { type Reference, type Relocation } from "./world.js";

/** All packs that references reach, also through relocations of reached packs, whether those are there or gone. */
export function reachedPacks(references: readonly Reference[], relocations: readonly Relocation[]): Set<string> {
  const reached = new Set(references.map(({ pack }) => pack));
  for (const pack of reached) for (const relocation of relocations) if (relocation.pack === pack) reached.add(relocation.target);
  return reached;
}

/** The frames that references need of one pack, directly or because a reached pack's relocation leads there. */
export function framesNeededOf(pack: string, references: readonly Reference[], relocations: readonly Relocation[]): string[] {
  const frames = new Set(references.map(({ frame }) => frame));
  return [...frames].filter((frame) => reachedPacks(references.filter((reference) => reference.frame === frame), relocations.filter((relocation) => relocation.frames.includes(frame))).has(pack)).sort();
}

/** Whether a frame of a pack is found through the pack's relocations, in a pack that is there. */
export function isRelocated({ pack, frame }: Reference, relocations: readonly Relocation[], isThere: (reference: Reference) => boolean): boolean {
  return relocations.some((relocation) => {
    if (relocation.pack !== pack || !relocation.frames.includes(frame)) return false;
    const copy = { pack: relocation.target, frame };
    return isThere(copy) || isRelocated(copy, relocations, isThere);
  });
}
