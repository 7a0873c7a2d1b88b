import { printable } from "../../printing/printable.js";
import { Relocations } from "../relocation/relocations.js";
import { QuarantinedPacks } from "../quarantine/quarantined-packs.js";
import type { RepositoryContext } from "../repository-context.js";
import { verifyOnWorker } from "./verify-on-worker.js";
import { workersElsewhere } from "../workers/repository-workers.js";
import { checkData, type DataChecks } from "./check-data.js";
import { checkIndex } from "./check-index.js";
import { checkLogs, checkOpening } from "./check-objects.js";
import { checkPresence } from "./check-presence.js";
import { conclude } from "./conclude.js";
import { PackReferences } from "./pack-references.js";
import { printVerifyReport } from "./print-verify-report.js";
import { DamageTracer } from "./trace-damage.js";
import { Verification } from "./verification.js";
import { VerifiedTimes } from "./verified-times.js";
import { checkVerifyOptions, type VerifyOptions, type VerifyReport } from "./verify-options.js";
import { PointWalk } from "./walk-points.js";

const nothingRead: DataChecks = { readPacks: 0, blocks: 0, unread: 0, isCutShort: false, recovered: [] };

/**
 * Verifies every restore point of the repository, as deep as asked. Damage is reported, not raised; a store that does not
 * answer, or does not let us in, is raised, and is never taken for damage.
 */
export async function verify(context: RepositoryContext, options: VerifyOptions): Promise<VerifyReport> {
  const checked = checkVerifyOptions(options);
  const workers = workersElsewhere(checked.workers);
  if (workers !== undefined) return await verifyOnWorker(context, workers, checked);
  const verification = new Verification(context, { ...checked, quarantine: checked.quarantine && context.isReadOnly !== true });
  const { level, quarantine } = verification.options;
  const { inventory, findings } = verification;
  const startedAt = context.clock.now().toISOString();
  const quarantined = await QuarantinedPacks.list(context, options);
  await checkOpening(verification);
  const walk = new PointWalk(verification);
  await walk.run();
  await checkLogs(verification, (record) => walk.hasRead(record));
  const references = new PackReferences(verification);
  const relocations = new Relocations(context);
  let data = nothingRead;
  if (level !== "metadata") await checkPresence(verification, references, relocations);
  if (level === "data") {
    await checkIndex(verification);
    const times = new VerifiedTimes(context, inventory);
    await times.load(options);
    try {
      data = await checkData(verification, references, quarantine ? times : undefined, (name) => quarantined.hasName(name));
    } finally {
      // also of a run that was cut short: what it verified need not be read again
      if (quarantine) await times.save({});
    }
  }
  const isDamaged = verification.suspects.size > 0 || verification.damagedPages.size > 0;
  const traced = isDamaged ? await new DamageTracer(verification, relocations).run() : new Map<number, never>();
  const { relocatedPacks, quarantinedPacks } = await conclude(verification, traced, data.recovered);
  return printable<VerifyReport>({
    level,
    isHealthy: findings.isHealthy,
    isComplete: !data.isCutShort,
    startedAt,
    restorePoints: walk.restorePoints,
    packs: [...inventory.with("isReached")].length,
    checkedPacks: level === "metadata" ? 0 : [...inventory.with("isPresent")].filter((index) => !inventory.is(index, "isSuspect")).length,
    readPacks: data.readPacks,
    readBytes: verification.readBytes,
    checkedBlocks: data.blocks,
    unreadPacks: data.unread,
    relocatedPacks,
    quarantinedPacks,
    findings: findings.list(),
    omittedFindings: findings.omitted,
  }, printVerifyReport);
}
