import { objectNames, packIdOf, quarantinedPack } from "../format/object-names.js";
import { readQuarantine } from "../quarantine/update-quarantine.js";
import { Relocations } from "../relocation/relocations.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { checkOpening } from "../verify/check-objects.js";
import { checkPresence } from "../verify/check-presence.js";
import type { TracedPack } from "../verify/damage-trace.js";
import { PackReferences } from "../verify/pack-references.js";
import { DamageTracer } from "../verify/trace-damage.js";
import { Verification } from "../verify/verification.js";
import { checkVerifyOptions } from "../verify/verify-options.js";
import { PointWalk } from "../verify/walk-points.js";

/** What is damaged, and what restore points lose by it. */
export interface DamageSurvey {
  readonly verification: Verification;
  readonly references: PackReferences;
  readonly traced: ReadonlyMap<number, TracedPack>;
}

/**
 * Finds out what is lost now: of the packs that verifications put into quarantine and of those that are gone, the blocks
 * that some restore point needs and that open nowhere. Reads no pack that is not known to be damaged.
 */
export async function surveyDamage(context: RepositoryContext, options: SignalOptions): Promise<DamageSurvey> {
  const verification = new Verification(context, checkVerifyOptions({ level: "presence", quarantine: false, signal: options.signal }));
  await checkOpening(verification);
  await new PointWalk(verification).run();
  const references = new PackReferences(verification);
  const relocations = new Relocations(context);
  await checkPresence(verification, references, relocations);
  for await (const { name } of context.store.list(objectNames.quarantines, options)) await takeInQuarantine(verification, quarantinedPack(name));
  return { verification, references, traced: await new DamageTracer(verification, relocations).run() };
}

async function takeInQuarantine(verification: Verification, packName: string | undefined): Promise<void> {
  const { context, inventory, suspects, options } = verification;
  const id = packName === undefined ? undefined : packIdOf(packName);
  const index = id === undefined ? undefined : inventory.find(id);
  if (packName === undefined || index === undefined || suspects.has(index) || !inventory.is(index, "isReached")) return;
  const quarantine = await readQuarantine(context, packName, options);
  if (quarantine === undefined || quarantine.isHealed === true) return;
  verification.suspect(index, { problem: `${packName} is in quarantine since ${quarantine.foundAt}.`, isMissing: false, frames: quarantine.frames });
}
