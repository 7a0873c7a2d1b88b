import { ConflictError } from "../../errors/index.js";
import { PackSet } from "../pack/pack-set.js";
import { objectNames } from "../format/object-names.js";
import { readRestorePoint } from "../points/list-restore-points.js";
import { QuarantinedPacks } from "../quarantine/quarantined-packs.js";
import { markHealed } from "../quarantine/update-quarantine.js";
import type { RelocatedFrame } from "../relocation/relocation.js";
import { writeRelocation } from "../relocation/write-relocation.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { LostFrame, TracedPack } from "../verify/damage-trace.js";
import type { HealedPlace } from "../writer/healing.js";
import { WriterSession } from "../writer/writer-session.js";
import { BlockCopies } from "./find-copies.js";
import { RepairPacks } from "./repair-packs.js";
import type { RepairLoss, RepairReport, RepairStep } from "./repair-options.js";
import { planOpening, rewriteOpening } from "./restore-opening.js";
import { SecondRepository, type PointSource } from "./second-repository.js";
import { surveyDamage, type DamageSurvey } from "./survey-damage.js";

export interface RepairRequest extends SignalOptions {
  readonly from?: PointSource | undefined;
  readonly dryRun: boolean;
}

/** Where a lost frame's block was found, or stored anew; `undefined` in a dry run, which stores nothing. */
interface FoundBlock {
  readonly frame: LostFrame;
  readonly deed: "relocate" | "copy";
  readonly place: HealedPlace | undefined;
}

/** A damaged pack, and what of it was found again. */
interface PackRepair {
  readonly name: string;
  readonly problem: string;
  readonly traced: TracedPack;
  readonly found: readonly FoundBlock[];
}

/**
 * Finds lost blocks again, in other packs or in a second repository, and says where they lie now. Damage that nothing can
 * repair is listed. A lease protects what is stored and relied on until the relocations are there.
 */
export async function repair(context: RepositoryContext, { from, dryRun, signal }: RepairRequest): Promise<RepairReport> {
  const options: SignalOptions = { signal };
  if (dryRun) return await run(context, from, undefined, options);
  const hits = new PackSet();
  const session = await WriterSession.begin(context, options);
  try {
    // what was found by then lies in `hits`: a collection that condemns it ends the repair before a relocation leads there
    session.relyOn((condemned) => {
      if (!condemned.includesAny(hits)) return Promise.resolve();
      throw new ConflictError("A collection condemned packs in which this repair found lost blocks. Run it again.", { code: "PackCondemned", retryable: true });
    });
    return await run(context, from, { session, hits }, options);
  } finally {
    await session.end();
  }
}

/** What protects a repair's finds from collections; a dry run needs no protection. */
interface Protection {
  readonly session: WriterSession;
  /** The packs that relocations will name. */
  readonly hits: PackSet;
}

async function run(context: RepositoryContext, from: PointSource | undefined, protection: Protection | undefined, options: SignalOptions): Promise<RepairReport> {
  const session = protection?.session;
  const survey = await surveyDamage(context, options);
  const findings = survey.verification.findings.list();
  const { steps, losses } = planOpening(context, findings);
  if (session !== undefined) for (const { object } of steps) await rewriteOpening(context, object, options);
  for (const { object, kind, problem, restorePoints, blocks } of findings) {
    if (kind === "restorePoint" || kind === "record" || kind === "blockMap") losses.push({ object, reason: problem, restorePoints, blocks });
  }
  losses.push(...lostPages(survey));
  const packs = session === undefined ? undefined : new RepairPacks(context, session, options);
  try {
    const repairs = await findLost(context, survey, { from, packs, protection }, options);
    await packs?.finish();
    await session?.catchUp(options);
    for (const one of repairs) {
      describe(one, from?.location, steps, losses);
      session?.throwIfLost();
      if (session !== undefined) await relocate(context, one, !survey.verification.hasUnknownNeeds, options);
    }
    const repairedBlocks = repairs.reduce((sum, { found }) => sum + found.length, 0);
    return { isDryRun: session === undefined, steps, repairedBlocks, storedBytes: packs?.storedBytes ?? 0, losses };
  } catch (error) {
    await packs?.abandon();
    throw error;
  }
}

/** Where lost blocks are looked for, and with what they are kept. */
interface Finders {
  readonly from: PointSource | undefined;
  readonly packs: RepairPacks | undefined;
  readonly protection: Protection | undefined;
}

/** Looks for every lost block: in this repository first, then in the other. */
async function findLost(context: RepositoryContext, { verification, traced }: DamageSurvey, { from, packs, protection }: Finders, options: SignalOptions): Promise<PackRepair[]> {
  const { suspects, inventory } = verification;
  const wanted = new Set([...traced.values()].flatMap(({ lostFrames }) => lostFrames.map(({ blockId }) => blockId)));
  const copies = await BlockCopies.find(context, wanted, await QuarantinedPacks.list(context, options), options);
  const second = from === undefined ? undefined : new SecondRepository(from, context.keys, async (id) => await readRestorePoint(context, id, options), options);
  const repairs: PackRepair[] = [];
  for (const [index, { problem }] of suspects) {
    const trace = traced.get(index);
    if (trace === undefined || trace.losers.size === 0) continue;
    const found: FoundBlock[] = [];
    for (const frame of trace.lostFrames) {
      options.signal?.throwIfAborted();
      const copy = await copies.prove(frame.blockId, (id) => !suspects.has(inventory.find(id) ?? -1) && protection?.session.condemned.has(id) !== true);
      if (copy !== undefined) protection?.hits.add(copy.reference.id);
      // a collection may have condemned its pack while it was read; one that does so from here on meets it among the hits
      if (copy !== undefined && protection?.session.condemned.has(copy.reference.id) !== true) {
        found.push({ frame, deed: "relocate", place: { entry: copy.entry, pack: Promise.resolve(copy.reference) } });
        continue;
      }
      const block = await second?.find(Buffer.from(frame.blockId, "hex"), frame.places);
      if (block !== undefined) found.push({ frame, deed: "copy", place: await packs?.add(block) });
    }
    repairs.push({ name: objectNames.pack(inventory.id(index)), problem, traced: trace, found });
  }
  return repairs;
}

async function relocate(context: RepositoryContext, { name, traced, found }: PackRepair, isAllKnown: boolean, options: SignalOptions): Promise<void> {
  const frames: RelocatedFrame[] = [];
  for (const { frame, place } of found) {
    if (place === undefined) continue;
    const { offset, length, compression } = place.entry;
    frames.push({ offset: frame.offset, length: frame.length, to: { reference: await place.pack, offset, length, compression } });
  }
  if (frames.length === 0) return;
  await writeRelocation(context, name, frames, options);
  if (isAllKnown && traced.isListedWhole && frames.length === traced.lostFrames.length) await markHealed(context, name, options);
}

function describe({ name, problem, traced, found }: PackRepair, second: string | undefined, steps: RepairStep[], losses: RepairLoss[]): void {
  const count = (deed: FoundBlock["deed"]): number => found.filter((one) => one.deed === deed).length;
  if (count("relocate") > 0) steps.push({ object: name, deed: "relocate", blocks: count("relocate"), from: "other packs of this repository", reason: problem });
  if (count("copy") > 0) steps.push({ object: name, deed: "copy", blocks: count("copy"), from: second ?? "", reason: problem });
  if (traced.isListedWhole && found.length === traced.lostFrames.length) return;
  const left = traced.isListedWhole ? `${String(traced.lostFrames.length - found.length)} of its lost blocks are` : "Some of its lost blocks are";
  const where = second === undefined ? "found in no other pack; a second repository with copies of these points (from) may have them, and the next backup heals what did not change" : `found neither in another pack nor in ${second}; the next backup heals what did not change`;
  losses.push({ object: name, reason: `${problem} ${left} ${where}.`, restorePoints: [...traced.losers], blocks: traced.blocks });
}

/** Pages of block maps are bound to their place: nothing stands in for one that is damaged. */
function lostPages({ verification: { damagedPages, inventory }, traced }: DamageSurvey): RepairLoss[] {
  return [...damagedPages].map(([pack, pages]) => ({
    object: objectNames.pack(inventory.id(pack)),
    reason: `${[...pages.values()][0]?.problem ?? "A page is damaged."} Pages of block maps have no second copy here: the next full backup begins a new map, and a copy of the point in another repository restores.`,
    restorePoints: [...(traced.get(pack)?.losers ?? [])],
    blocks: traced.get(pack)?.blocks ?? [],
  }));
}
