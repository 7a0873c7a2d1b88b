import { objectNames } from "../format/object-names.js";
import { markHealed, quarantinePack, readQuarantine, releasePack } from "../quarantine/update-quarantine.js";
import type { TracedPack } from "./damage-trace.js";
import type { SuspectPack, Verification } from "./verification.js";

/** What the verdicts on damaged packs came to. */
export interface Verdicts {
  readonly relocatedPacks: number;
  readonly quarantinedPacks: number;
}

/** Says of each damaged pack what is lost by it, and puts it into quarantine; what was found whole again leaves it. */
export async function conclude(verification: Verification, traced: ReadonlyMap<number, TracedPack>, recovered: readonly string[]): Promise<Verdicts> {
  const { context, options, suspects, damagedPages, inventory } = verification;
  let [relocatedPacks, quarantinedPacks] = [0, 0];
  for (const [pack, suspect] of suspects) {
    const trace = traced.get(pack);
    // whoever needed it was removed meanwhile
    if (trace === undefined) continue;
    const name = objectNames.pack(inventory.id(pack));
    const isStoodIn = trace.losers.size === 0 && damagedPages.get(pack) === undefined;
    // what points need is only known where all of their pages could be read
    const isHealed = isStoodIn && !verification.hasUnknownNeeds && damagedPages.size === 0;
    if (isStoodIn && trace.isRelocated) relocatedPacks++;
    const isKnown = (await readQuarantine(context, name, options))?.isHealed === true;
    if (isStoodIn && (trace.isRelocated || isKnown) && isHealed) {
      // a pack that is gone and relocated was compacted or healed: nothing is to be said of it
      if (options.quarantine && suspect.frames.length > 0) await quarantine(verification, name, suspect, trace, true);
      if (options.quarantine) await markHealed(context, name, options);
      continue;
    }
    report(verification, name, suspect, trace, pack);
    if (!options.quarantine) continue;
    await quarantine(verification, name, suspect, trace, isHealed);
    quarantinedPacks++;
  }
  for (const [pack, pages] of damagedPages) {
    if (suspects.has(pack)) continue;
    const trace = traced.get(pack);
    if (trace === undefined) continue;
    const name = objectNames.pack(inventory.id(pack));
    reportPages(verification, name, [...pages.values()].map(({ problem }) => problem), trace);
    if (!options.quarantine) continue;
    await quarantinePack(context, name, { isWhole: false, frames: [], isHealed: false }, options);
    quarantinedPacks++;
  }
  if (options.quarantine) for (const name of recovered) await releasePack(context, name, options);
  return { relocatedPacks, quarantinedPacks };
}

async function quarantine({ context, options }: Verification, name: string, suspect: SuspectPack, trace: TracedPack, isHealed: boolean): Promise<void> {
  const lost = trace.lostFrames.map(({ offset, length, blockId }) => ({ offset, length, blockId }));
  const frames = new Map([...suspect.frames, ...lost].map((frame) => [frame.offset, frame]));
  await quarantinePack(context, name, { isWhole: suspect.isMissing || !trace.isListedWhole, frames: [...frames.values()], isHealed }, options);
}

function report({ findings, damagedPages }: Verification, name: string, { problem }: SuspectPack, trace: TracedPack, pack: number): void {
  if (damagedPages.has(pack) || name.startsWith(objectNames.metaPacks)) {
    reportPages({ findings }, name, [problem], trace);
    return;
  }
  const isLost = trace.losers.size > 0;
  findings.add(name, {
    kind: "pack",
    problem,
    endangers: isLost ? `${trace.isListedWhole ? String(trace.lostFrames.length) : "Many"} stored blocks are lost to the restore points named, until a backup or repository.repair() heals them.` : "No restore point loses by it: what it damages is needed by none, or found elsewhere.",
    restorePoints: isLost ? trace.losers : trace.reaching,
    blocks: trace.blocks,
  });
}

function reportPages({ findings }: Pick<Verification, "findings">, name: string, problems: readonly string[], trace: TracedPack): void {
  const isLost = trace.losers.size > 0;
  findings.add(name, {
    kind: "blockMap",
    problem: problems[0] ?? `${name} is damaged.`,
    endangers: isLost ? "The blocks named cannot be restored from the restore points named; the next full backup begins a new map." : "No restore point loses by it: every page of it that one needs opens.",
    restorePoints: isLost ? trace.losers : trace.reaching,
    blocks: trace.blocks,
  });
}
