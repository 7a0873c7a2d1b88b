import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { CollectOptions, PolicyEvent, RestorePoint, SessionResult } from "../../src/index.js";
import type { BookedVolume } from "./book/booked-point.js";
import { home } from "./cloud/requests.js";
import { Finding } from "./finding.js";
import { judgeError } from "./judge-error.js";
import { compareVolume, readDevice, restoreToImage, restoreToVolume, type Wanted } from "./restores.js";
import { drawOutage, drawTrouble } from "./trouble.js";
import { places, plans, type Place, type Plan, type World } from "./world.js";

const hourMs = 3_600_000;
/** A day's work of the machine would be for nothing if a run could hang. */
const hangMs = 10 * 60_000;

/** What the rounds have done. */
export interface Tally {
  rounds: number;
  quietRounds: number;
  /** How each kind of work ended, and how often. */
  readonly outcomes: Map<string, number>;
}

interface Run {
  readonly plan: Plan;
  readonly result: SessionResult | undefined;
}

/** The rounds of a soak, one after the other. */
export class Rounds {
  readonly tally: Tally = { rounds: 0, quietRounds: 0, outcomes: new Map() };
  /** What is not to be aborted is told by one signal from beginning to end, as that of a service is: what clings to it would stay. */
  readonly #lasting = new AbortController();
  readonly #world: World;
  /** What the disks of a snapshot held: of the points that are there, and of this round. */
  readonly #frozen = new Map<string, BookedVolume>();
  #hasFailed = false;
  #isFaulty = false;
  #committed = new Map<Plan, Set<string>>();
  #made: string[] = [];
  #story: string[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** One round: time goes by, disks are written, policies run beside restores and the rest; then the books are compared. After a failure comes a quiet one, in which all must succeed. */
  async run({ isQuiet = false } = {}): Promise<void> {
    const { cloud, random } = this.#world;
    await this.#world.advance(6 * hourMs + this.#world.integer(24 * 60) * 60_000);
    for (const { disks } of this.#world.resources) for (const disk of disks) if (this.#world.chance(0.8)) await this.#world.write(disk, 1 + this.#world.integer(8));
    this.#isFaulty = !isQuiet && !this.#hasFailed && this.#world.chance(0.85);
    this.#hasFailed = false;
    this.tally.rounds++;
    if (!this.#isFaulty) this.tally.quietRounds++;
    const fromMs = this.#world.clock.now().getTime();
    this.#committed = new Map(plans.map((plan) => [plan, new Set<string>()]));
    const rules = this.#isFaulty ? (this.#world.chance(0.15) ? drawOutage(random) : drawTrouble(random)) : [];
    this.#story = [`at ${this.#world.clock.now().toISOString()}`, ...rules.map((rule) => JSON.stringify(rule))];
    await cloud.ask("faults", { rules });
    const runs = await this.#atOnce();
    await this.#oneByOne();
    await cloud.ask("faults", { rules: [] });
    for (const volumeId of this.#made.splice(0)) await cloud.ask("deleteVolume", { volumeId });
    if (!this.#isFaulty && this.#world.chance(0.1)) await this.#restoreInPlace();
    await this.#takeStock(fromMs, runs);
    if (this.#world.chance(0.04)) await this.#world.reopen(0);
  }

  /** What happened in the last round: faults, the ends of what was done, what runs said of points. */
  get story(): string {
    return this.#story.join("; ");
  }

  /** How many listen to the signal that lasts: between two rounds nobody. */
  get listeners(): number {
    return getEventListeners(this.#lasting.signal, "abort").length;
  }

  /** Does something that may fail as it fits; says whether it succeeded. */
  async #attempt(what: string, deed: (signal: AbortSignal) => Promise<unknown>, { isAborted = false, isPointMortal = false, fitting = [] }: { readonly isAborted?: boolean; readonly isPointMortal?: boolean; readonly fitting?: readonly string[] } = {}): Promise<boolean> {
    const controller = new AbortController();
    const reason = new Error("the soak changed its mind");
    const timer = isAborted ? setTimeout(() => controller.abort(reason), 50 + this.#world.integer(2_500)) : undefined;
    const hang = new AbortController();
    try {
      const outcome = await Promise.race([deed(isAborted ? controller.signal : this.#lasting.signal), this.#hang(what, hang.signal)]);
      this.#count(what, typeof outcome === "string" ? outcome : "done");
      return true;
    } catch (error) {
      const word = judgeError(error, { what, isFaulty: this.#isFaulty, isPointMortal, fitting, ...(isAborted && { reason }) });
      this.#count(what, word);
      if (word !== "point gone" && word !== "aborted" && !fitting.includes(word)) this.#hasFailed = true;
      return false;
    } finally {
      clearTimeout(timer);
      hang.abort();
    }
  }

  /** Raises once something has taken longer than anything may. */
  async #hang(what: string, signal: AbortSignal): Promise<void> {
    await sleep(hangMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (!signal.aborted) throw new Finding(`${what} has not come back for ten minutes.`);
  }

  /** All policies, and beside them restores, a collection, a verification. A finding in one of them is raised once all have settled. */
  async #atOnce(): Promise<readonly Run[]> {
    const world = this.#world;
    const runs = plans.map(async (plan): Promise<Run> => await this.#runPolicy(plan));
    const others: Promise<unknown>[] = Array.from({ length: 1 + world.integer(3) }, async () => await this.#restoreSome());
    if (world.chance(0.3)) others.push(this.#collect(places[world.integer(places.length)] ?? "gold"));
    if (world.chance(0.2)) others.push(this.#verify(places[world.integer(places.length)] ?? "gold"));
    const settled = await Promise.allSettled([...runs, ...others]);
    for (const one of settled) if (one.status === "rejected") throw one.reason;
    return await Promise.all(runs);
  }

  /** What is done now and then, with nothing beside it. */
  async #oneByOne(): Promise<void> {
    const world = this.#world;
    for (const place of places) if (world.chance(0.6)) await this.#collect(place);
    if (world.chance(0.2)) await this.#attempt("compact", async (signal) => await world.repository("silver").compact({ waitMinutes: 0, maxLiveShare: 0.6, signal }), { isAborted: world.chance(0.1), fitting: ["CollectionUnderWay"] });
    if (world.chance(0.3)) await this.#attempt("sweep", async (signal) => await world.repository("vault").sweep({ signal }));
    if (world.chance(0.1)) await this.#attempt("verifyLocks", async (signal) => {
      const report = await world.repository("vault").verifyLocks({ signal });
      if (!report.isHealthy) throw new Finding(`locks of the vault: ${JSON.stringify(report)}`);
    });
    if (world.chance(0.2)) await this.#verify(places[world.integer(places.length)] ?? "gold");
    if (world.chance(0.1)) for (const plan of plans) await this.#attempt("retain", async (signal) => await world.policy(plan).retain({ signal }));
  }

  async #runPolicy(plan: Plan): Promise<Run> {
    let result: SessionResult | undefined;
    await this.#attempt(
      `run of ${plan}`,
      async (signal) => {
        const session = this.#world.policy(plan).run({ signal, full: this.#world.chance(0.05) });
        // its failure is told by the events too
        for await (const event of session) this.#hear(plan, event);
        result = await session;
      },
      { isAborted: this.#world.chance(0.08) },
    );
    return { plan, result };
  }

  #hear(plan: Plan, event: PolicyEvent): void {
    if (/^(point|resource|retention):/.test(event.type)) this.#story.push(`${plan}: ${JSON.stringify(event)}`);
    if (event.type === "point:committed") this.#committed.get(plan)?.add(event.point);
    if (event.type !== "snapshot:started") return;
    const disks = this.#world.resourcesOf(plan).flatMap((resource) => resource.disks);
    for (const { snapshotId, volumeId } of event.snapshots) {
      const disk = disks.find((one) => one.volumeId === volumeId);
      if (disk === undefined) throw new Finding(`${plan} took a snapshot of ${volumeId}, which is not its.`);
      this.#frozen.set(snapshotId, { volumeId, deviceName: disk.deviceName, state: disk.state });
    }
  }

  async #restoreSome(): Promise<void> {
    const world = this.#world;
    const place = places[world.integer(places.length)] ?? "gold";
    const points = [...world.shelves[place].points.values()];
    const point = points[world.integer(points.length)];
    const volume = point?.volumes[world.integer(point.volumes.length)];
    if (point === undefined || volume === undefined) return;
    const kind = world.random.fraction();
    const given = { isAborted: world.chance(0.1), isPointMortal: true };
    const wanted = (signal: AbortSignal): Wanted => ({ place, point, volume, signal });
    if (kind < 0.6) await this.#attempt("restore to a volume", async (signal) => await restoreToVolume(world, wanted(signal), this.#made), given);
    else if (kind < 0.8) await this.#attempt("restore to an image", async (signal) => await restoreToImage(world, wanted(signal)), given);
    else
      await this.#attempt("block device", async (signal) => {
        if (await readDevice(world, wanted(signal))) return "done";
        if (!this.#isFaulty) throw new Finding(`${place} ${point.id} cannot be read as a device.`);
        return "error told to the client";
      }, { isPointMortal: true });
  }

  async #collect(place: Place): Promise<void> {
    await this.#attempt(`collect ${place}`, async (signal) => (await this.#world.repository(place).collectGarbage({ ...collecting(place), signal })).status, { isAborted: this.#world.chance(0.05) });
  }

  async #verify(place: Place): Promise<void> {
    const level = (["metadata", "presence", "data", "data"] as const)[this.#world.integer(4)] ?? "data";
    await this.#attempt(`verify ${level}`, async (signal) => {
      const report = await this.#world.repository(place).verify({ level, signal, ...(level === "data" && this.#world.chance(0.6) && { sample: 0.2 }) });
      if (!report.isHealthy || report.findings.length > 0) throw new Finding(`${place} is not healthy: ${JSON.stringify(report.findings)}`);
    });
  }

  /** An instance gets back what it had, in its place. */
  async #restoreInPlace(): Promise<void> {
    const world = this.#world;
    const instances = world.resourcesOf("gold");
    const resource = instances[world.integer(instances.length)];
    const points = [...world.shelves.gold.points.values()].filter((point) => resource !== undefined && point.resource.endsWith(`/${resource.id}`));
    const point = points[world.integer(points.length)];
    if (resource === undefined || point === undefined) return;
    // retention may have removed it in this very round
    const isDone = await this.#attempt("restore in place", async (signal) => await world.restore("gold").instance(point.id, { to: "original", replaced: "remove", signal }), { isPointMortal: true });
    if (!isDone) return;
    for (const [deviceName, volumeId] of await world.cloud.ask("disks", { instanceId: resource.id })) {
      const disk = resource.disks.find((one) => one.deviceName === deviceName);
      const volume = point.volumes.find((one) => one.deviceName === deviceName);
      if (disk === undefined || volume === undefined) throw new Finding(`${resource.id} has a disk ${deviceName} since ${point.id} was restored.`);
      disk.volumeId = volumeId;
      disk.state = volume.state;
      await compareVolume(world, volumeId, volume.state, `gold ${point.id} restored in place`);
    }
  }

  /** Compares what is in the repositories with the books. */
  async #takeStock(fromMs: number, runs: readonly Run[]): Promise<void> {
    const world = this.#world;
    const known = new Map(world.shelves.gold.points);
    for (const plan of plans) {
      const listed = await listPoints(world, plan);
      const result = runs.find((run) => run.plan === plan)?.result;
      if (result !== undefined) this.#expectAll(plan, result);
      const isRetained = isRetainedBy(result);
      const toMs = world.clock.now().getTime();
      world.shelves[plan].take({ listed, contentOf: (point) => this.#contentOf(point), committed: this.#committed.get(plan) ?? new Set(), fromMs, toMs, isRetained });
    }
    for (const [id, point] of world.shelves.gold.points) known.set(id, point);
    const listed = await listPoints(world, "archive");
    const gold = runs.find(({ plan }) => plan === "gold")?.result;
    const isArchived = gold !== undefined;
    const originals = new Map(listed.map((point) => [point.copiedFrom?.pointId, point]));
    const contentOf = (point: RestorePoint): readonly BookedVolume[] => {
      const original = known.get(point.copiedFrom?.pointId ?? "");
      if (original === undefined) throw new Finding(`archive: ${point.id} is a copy of ${point.copiedFrom?.pointId ?? "nothing"}, which nobody knows.`);
      return original.volumes;
    };
    world.shelves.archive.take({ listed, contentOf, committed: new Set(), fromMs, toMs: world.clock.now().getTime(), isRetained: isRetainedBy(gold) });
    for (const point of world.shelves.gold.points.values()) if (isArchived && point.isFirstOfWeek && !originals.has(point.id)) throw new Finding(`archive: there is no copy of ${point.id}, the first of its week.`);
    const used = new Set(plans.flatMap((plan) => [...world.shelves[plan].points.values()]).flatMap(({ snapshotIds }) => snapshotIds));
    for (const snapshotId of this.#frozen.keys()) if (!used.has(snapshotId)) this.#frozen.delete(snapshotId);
  }

  #contentOf(point: RestorePoint): readonly BookedVolume[] {
    return point.volumes.map(({ volumeId, snapshotId = "" }) => {
      const frozen = this.#frozen.get(snapshotId);
      if (frozen?.volumeId !== volumeId) throw new Finding(`${point.id} was made of a snapshot ${snapshotId} of ${volumeId}, of which no run told in this round.`);
      return frozen;
    });
  }

  #expectAll(plan: Plan, { resources }: SessionResult): void {
    const succeeded = new Set(resources.filter(({ outcome }) => outcome === "succeeded").map(({ resource }) => resource.split("/")[2]));
    for (const { id } of this.#world.resourcesOf(plan)) if (!succeeded.has(id)) throw new Finding(`${plan}: a run succeeded without ${id}.`);
    const warnings = resources.flatMap((resource) => resource.warnings);
    if (warnings.length > 0) this.#count(`run of ${plan}`, "succeeded with warnings");
    if (warnings.length > 0 && !this.#isFaulty) throw new Finding(`${plan}: warnings where nothing went wrong: ${JSON.stringify(warnings)}`);
    if (!resources.every(({ resource }) => resource.split("/")[1] === home)) throw new Finding(`${plan}: a run was elsewhere too.`);
  }

  #count(what: string, outcome: string): void {
    this.#story.push(`${what}: ${outcome}`);
    const name = `${what}: ${outcome}`;
    this.tally.outcomes.set(name, (this.tally.outcomes.get(name) ?? 0) + 1);
  }
}

/** A file's time is the machine's, which no clock of a soak moves on: in a directory no pack would ever be old enough. */
export function collecting(place: Place): CollectOptions {
  return { waitMinutes: 0, ...(place === "shelf" && { graceHours: 0 }) };
}

/** Whether a run has surely removed all that retention should: where it could not, it says so in a warning. */
function isRetainedBy(result: SessionResult | undefined): boolean {
  return result !== undefined && !result.resources.some(({ warnings }) => warnings.some(({ code }) => code === "PointLeft" || code === "RetentionFailed"));
}

export async function listPoints(world: World, place: Place): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const point of world.repository(place).restorePoints()) points.push(point);
  return points;
}
