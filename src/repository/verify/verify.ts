import { HoldfastError } from "../../errors/index.js";
import type { PackReference } from "../format/dictionary-page.js";
import { objectNames } from "../format/object-names.js";
import { listRestorePoints } from "../points/list-restore-points.js";
import type { RestorePoint } from "../points/restore-point.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { verifyPack } from "./verify-pack.js";
import { checkVerifyOptions, type VerifyFinding, type VerifyOptions, type VerifyReport } from "./verify-options.js";

interface NeededPack {
  readonly reference: PackReference;
  readonly restorePoints: Set<string>;
}

/** Verifies every restore point of the repository, as deep as asked. Damage is reported, not raised; a store that does not answer is raised. */
export async function verify(context: RepositoryContext, options: VerifyOptions): Promise<VerifyReport> {
  const { level, sample } = checkVerifyOptions(options);
  const findings = new Map<string, { readonly problem: string; readonly restorePoints: Set<string> }>();
  const find = (object: string, problem: string, restorePoints: Iterable<string>): void => {
    const finding = findings.get(object) ?? { problem, restorePoints: new Set<string>() };
    for (const id of restorePoints) finding.restorePoints.add(id);
    findings.set(object, finding);
  };
  const packs = new Map<string, NeededPack>();
  let restorePoints = 0;
  for await (const entry of listRestorePoints(context, { ...options, onDamage: (object, error) => { find(object, error.message, []); } })) {
    restorePoints++;
    await verifyPoint(entry, packs, find, options);
  }
  let checkedPacks = 0;
  let checkedBlocks = 0;
  for (const [name, { reference, restorePoints: needing }] of level === "metadata" ? [] : packs) {
    options.signal?.throwIfAborted();
    const readsData = level === "data" && context.random.fraction() < sample;
    try {
      checkedBlocks += await verifyPack(context, reference, { readsData, signal: options.signal });
      checkedPacks++;
    } catch (error) {
      if (!isDamage(error)) throw error;
      find(name, error.message, needing);
    }
  }
  const list: VerifyFinding[] = [...findings].map(([object, { problem, restorePoints: needing }]) => ({ object, problem, restorePoints: [...needing] }));
  return { level, isHealthy: list.length === 0, restorePoints, packs: packs.size, checkedPacks, checkedBlocks, findings: list };
}

/** Opens every page of a point's block maps, and notes the packs that it needs. */
async function verifyPoint(
  point: RestorePoint,
  packs: Map<string, NeededPack>,
  find: (object: string, problem: string, restorePoints: Iterable<string>) => void,
  options: SignalOptions,
): Promise<void> {
  for (const { volumeId } of point.volumes) {
    try {
      const map = await point.blockMap(volumeId, options);
      await map.openAllPages(options);
      for (const ordinal of map.reachedOrdinals) {
        const reference = await map.packReference(ordinal, options);
        const name = objectNames.pack(reference.id);
        const needed = packs.get(name) ?? { reference, restorePoints: new Set<string>() };
        needed.restorePoints.add(point.id);
        packs.set(name, needed);
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      find(String(error.context["object"] ?? `the block map of ${volumeId}`), error.message, [point.id]);
    }
  }
}

function isDamage(error: unknown): error is HoldfastError {
  return HoldfastError.isInstance(error) && (error.name === "IntegrityError" || error.code === "ObjectNotFound");
}
