import { IllegalStateError } from "../../errors/index.js";
import { objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { concurrently } from "../../concurrency/concurrently.js";
import { isAtLeast } from "../locks/lock-decision.js";
import { namedVersions } from "../locks/named-versions.js";
import { visitReachedVersions, type ReachedVersion } from "./reached-versions.js";
import type { RepositoryLocks } from "../locks/repository-locks.js";
import { standsFor } from "../locks/stands-for.js";
import { LockFindings, type LockFault, type VerifyLocksReport } from "./verify-locks-report.js";

/** Locks asked for at the same time. */
const maxInFlight = 32;

/** A version with the latest time until which a point needs it. */
type NeededVersion = Omit<ReachedVersion, "restorePoint">;

/**
 * Compares, object by object, the end of the lock of everything that a restore point reaches with what the point was
 * promised. Also says what lies hidden under delete markers or overwrites. Changes nothing.
 */
export async function verifyLocks(context: RepositoryContext, options: SignalOptions = {}): Promise<VerifyLocksReport> {
  const { locks } = context;
  if (locks === undefined) {
    throw new IllegalStateError(`The repository at ${context.store.location} has no locks to verify: it was made without immutability, or lies where nothing can be locked. repository.verify() looks at all the rest.`, { code: "NotImmutable", context: { location: context.store.location } });
  }
  context.keys.assertHolds("metadata");
  return await new LockVerification(context, locks, { signal: options.signal }).run();
}

class LockVerification {
  readonly #context: RepositoryContext;
  readonly #locks: RepositoryLocks;
  readonly #options: SignalOptions;
  readonly #findings = new LockFindings();
  readonly #points = new Map<string, number>();
  readonly #needed = new Map<string, NeededVersion>();
  /** Versions that every point needs: configuration and slots. */
  readonly #shared = new Set<string>();
  readonly #faults = new Map<string, { readonly name: string; readonly faults: readonly LockFault[] }>();

  constructor(context: RepositoryContext, locks: RepositoryLocks, options: SignalOptions) {
    this.#context = context;
    this.#locks = locks;
    this.#options = options;
  }

  async run(): Promise<VerifyLocksReport> {
    await visitReachedVersions(this.#context, this.#locks, {
      point: (id, untilMs) => void this.#points.set(id, untilMs),
      reached: (version) => { this.#need(version); },
      fault: (object, problem, restorePoint) => { this.#findings.add(object, problem, restorePoint); },
    }, this.#options);
    await this.#needShared();
    await concurrently(this.#needed.entries(), maxInFlight, async ([key, version]) => {
      this.#options.signal?.throwIfAborted();
      const faults = await this.#faultsOf(version);
      if (faults.length > 0) this.#faults.set(key, { name: version.name, faults });
    });
    await this.#nameHarmed();
    const findings = this.#findings.list();
    return { isHealthy: findings.length === 0, restorePoints: this.#points.size, objects: this.#needed.size, findings };
  }

  #need({ name, versionId, untilMs }: NeededVersion): string {
    const key = `${name}?${versionId}`;
    if ((this.#needed.get(key)?.untilMs ?? -1) < untilMs) this.#needed.set(key, { name, versionId, untilMs });
    return key;
  }

  /** The configuration and the slots. */
  async #needShared(): Promise<void> {
    const untilMs = [...this.#points.values()].reduce((latest, one) => Math.max(latest, one), 0);
    for (const prefix of [objectNames.configuration, objectNames.keySlots]) {
      for await (const named of namedVersions(this.#locks.versions, prefix, this.#options)) {
        const standing = await standsFor(this.#context, named, this.#options);
        if (standing !== undefined) this.#shared.add(this.#need({ name: named.name, versionId: standing.version.versionId, untilMs }));
      }
    }
  }

  async #faultsOf({ name, versionId, untilMs }: NeededVersion): Promise<LockFault[]> {
    const { store } = this.#context;
    const { versions, rules } = this.#locks;
    const current = await store.head(name, this.#options);
    const isCurrent = current?.versionId === versionId;
    const found = isCurrent ? current : await store.head(name, { versionId, ...this.#options });
    if (found === undefined) return [{ problem: `its version ${versionId} is gone`, harmsNeedsBeyondMs: -1 }];
    const isHidden = !isCurrent && !(current !== undefined && (await this.#isSame(name, versionId)));
    const faults: LockFault[] = !isHidden ? [] : [{ problem: `${current === undefined ? "a delete marker hides it" : "another version lies over it"}: repository.recover() removes what is not locked`, harmsNeedsBeyondMs: -1 }];
    const lock = found.lock ?? (await versions.lockOf(name, versionId, this.#options));
    if (lock === undefined) faults.push({ problem: "it is not locked", harmsNeedsBeyondMs: 0 });
    else if (lock.until.getTime() < untilMs) faults.push({ problem: `it is locked until ${lock.until.toISOString()} only`, harmsNeedsBeyondMs: lock.until.getTime() });
    else if (!isAtLeast(lock.mode, rules.mode)) faults.push({ problem: `it is locked in ${lock.mode} mode, not in ${rules.mode}`, harmsNeedsBeyondMs: 0 });
    return faults;
  }

  /** Whether what lies over a version says the same: a recovery puts the authentic bytes over what is locked. Packs are not compared: they are large, and reads name their version. */
  async #isSame(name: string, versionId: string): Promise<boolean> {
    if (name.startsWith(objectNames.packs) || name.startsWith(objectNames.metaPacks)) return false;
    const { store } = this.#context;
    const [current, pinned] = await Promise.all([store.get(name, this.#options), store.get(name, { versionId, ...this.#options })]);
    return current.body.equals(pinned.body);
  }

  /** Names the points that each fault harms; only where there are faults are all points walked again. */
  async #nameHarmed(): Promise<void> {
    if (this.#faults.size === 0) return;
    const harm = (key: string, id: string, untilMs: number): void => {
      const faulty = this.#faults.get(key);
      for (const { problem, harmsNeedsBeyondMs } of faulty?.faults ?? []) if (faulty !== undefined && untilMs > harmsNeedsBeyondMs) this.#findings.add(faulty.name, problem, id);
    };
    for (const { name, faults } of this.#faults.values()) for (const { problem } of faults) this.#findings.add(name, problem);
    for (const key of this.#shared) for (const [id, untilMs] of this.#points) harm(key, id, untilMs);
    const reached = ({ name, versionId, restorePoint, untilMs }: ReachedVersion): void => { harm(`${name}?${versionId}`, restorePoint, untilMs); };
    await visitReachedVersions(this.#context, this.#locks, { point: () => undefined, reached, fault: () => undefined }, this.#options);
  }
}
