import { createHash } from "node:crypto";
import { HoldfastError, PartialFailureError } from "../../src/errors/index.js";
import type { ControlPace } from "../../src/mover/protocol/pace.js";
import { Policy } from "../../src/policy/policy.js";
import type { Logger, ObjectStorage, ObjectStore } from "../../src/ports/index.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import { Repository } from "../../src/repository/repository.js";
import { Restore } from "../../src/restore/restore.js";
import { restoreVolume } from "../../src/transfer/restore-volume.js";
import { WorkerPool } from "../../src/workers/index.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { MemoryObjectStore } from "../../src/testing/memory-object-store.js";
import { SeededRandom } from "../../src/testing/seeded-random.js";
import { key, textBlock } from "../support/backup-world.js";
import { accountOf, ChaosCloud } from "./chaos-cloud.js";
import { ChaosCompute, type ComputeWeather } from "./chaos-compute.js";
import { clockOf, Life, seenBy, type Fate } from "./life.js";

const region = "eu-west-1";
const bundle = { body: Buffer.from("bundle"), sha256: createHash("sha256").update("bundle").digest("hex") };
const volumeIds = ["vol-a1", "vol-a2"] as const;
const pace: ControlPace = { pollMs: 4_000, beatMs: 20_000, silentAfterMs: 120_000, helloWithinMs: 300_000, claimWithinMs: 60_000, idleMs: 60_000 };
const secondMs = 1_000;
const hourMs = 3_600_000;
/** Far more than any run takes: whoever is not done by then hangs. */
const longestRunMs = 100 * hourMs;
const mostBlocks = 5;
const volumeBlocks = 40;
const mostCallsOfVictim = 500;
const longestStallMs = 30 * 60_000;

const fine: ComputeWeather = { faults: 0, delays: 0, refusals: 0, workerDeaths: 0, workerStalls: 0, deadBoots: 0, leftovers: 0 };

/** What one engine process did, told by the world and not by itself. */
interface Told {
  readonly successes: { readonly point: string; readonly volumes: readonly { readonly volumeId: string; readonly snapshotId: string }[] }[];
  readonly restored: { readonly volumeId: string; readonly snapshotId: string }[];
  readonly failures: unknown[];
}

/** What a seeded run found. Empty `faults`: all held. */
export interface ChaosReport {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly successes: number;
  readonly restores: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly launched: number;
  readonly reaped: number;
  readonly trace: readonly string[];
}

/** One world: a cloud, a repository, a configuration bucket, and what becomes of all engines and workers in it, by one seed. */
export class ChaosRun {
  readonly #seed: number;
  readonly #random: SeededRandom;
  readonly #clock = new FakeClock();
  readonly #cloud = new ChaosCloud(this.#clock);
  readonly #store = new MemoryObjectStore({ clock: this.#clock });
  readonly #configuration = new MemoryObjectStore({ clock: this.#clock });
  readonly #weather: ComputeWeather = { ...fine };
  readonly #compute: ChaosCompute;
  readonly #told: Told = { successes: [], restored: [], failures: [] };
  readonly #faults: string[] = [];
  readonly #trace: string[] = [];
  #engines = 0;
  #reaped = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new SeededRandom(seed);
    this.#compute = new ChaosCompute({
      clock: this.#clock,
      random: this.#random,
      weather: this.#weather,
      environmentOf: (life, isInterrupted) => ({
        isInterrupted,
        store: seenBy<ObjectStore>(life, this.#configuration, "configuration"),
        pace,
        clock: clockOf(life, this.#clock),
        random: this.#random,
        logger: this.#loggerOf(life),
        openAccount: () => accountOf(life, this.#cloud, this.#compute),
        openStorage: () => this.#storageOf(life),
      }),
    });
    for (const volumeId of volumeIds) this.#cloud.addVolume(volumeId);
    this.#cloud.addInstance("i-a", volumeIds);
  }

  async run(): Promise<ChaosReport> {
    const calm = this.#life("the founder");
    await Repository.create({ storage: this.#storageOf(calm), encryption: { key }, packs: { targetBytes: 8 * 2 ** 20, maxBlocks: 16 } }, { clock: this.#clock, random: this.#random });
    this.#change();
    this.#break();
    const epochs = 1 + Math.floor(this.#random.fraction() * 3);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const engines = Array.from({ length: this.#chance(0.35) ? 2 : 1 }, () => this.#engine(1 + Math.floor(this.#random.fraction() * 2), this.#fate()));
      const weather = this.#interrupt(engines);
      await this.#until(engines);
      weather.abort();
      this.#change();
      if (this.#chance(0.5)) await this.#clock.advance(Math.floor(this.#random.fraction() * hourMs));
    }
    Object.assign(this.#weather, fine);
    await this.#check();
    const failures: Record<string, number> = {};
    for (const error of this.#told.failures) for (const code of codesOf(error)) failures[code] = (failures[code] ?? 0) + 1;
    return { seed: this.#seed, faults: this.#faults, successes: this.#told.successes.length, restores: this.#told.restored.length, failures, launched: this.#compute.launched, reaped: this.#reaped, trace: this.#trace };
  }

  /** After the storm: whoever lives ends by itself, one run more makes a good point, `reap` removes what is left, and all that was told is true. */
  async #check(): Promise<void> {
    // an engine that stands still may wake and go on; leases and silences run out
    await this.#clock.advance(3 * hourMs);
    for (const policy of ["gold", "silver"] as const) await this.#until([this.#engine(1, {}, policy)]);
    const { successes } = this.#told;
    const life = this.#life("the judge");
    const repository = await this.#open(life);
    const pool = this.#pool(life);
    await this.#clock.advance(hourMs);
    const reaped = this.#within(pool.reap());
    this.#reaped = (await reaped).removed.length;
    for (const id of this.#compute.running) this.#faults.push(`${id} runs still`);
    for (const id of [...this.#compute.volumes.keys(), ...this.#compute.interfaces.keys()]) this.#faults.push(`${id} is left`);
    // of a dead restore that had made its volume the note stays as long as that is there
    const volumeNotes = new Set([...this.#cloud.in(region).volumes.values()].map(({ description: { tags } }) => `restores/${tags["holdfast:session"] ?? ""}.json`));
    for (const name of this.#configuration.objects.keys()) if (!name.startsWith("bundles/") && !volumeNotes.has(name)) this.#faults.push(`${name} is left in the configuration bucket`);
    const points: RestorePoint[] = [];
    for await (const point of repository.restorePoints()) points.push(point);
    const ids = new Set(points.map(({ id }) => id));
    for (const { point } of successes) if (!ids.has(point)) this.#faults.push(`the point ${point} was told of and is not there`);
    for (const policy of ["gold", "silver"]) if (!points.slice(-2).some((point) => point.policy === policy)) this.#faults.push(`not even the last run of ${policy}, in the calm, made a point`);
    for (const point of points) await this.#checkPoint(point);
    const { findings } = await this.#within(repository.verify({ level: "data" }));
    for (const finding of findings) this.#faults.push(`verify: ${JSON.stringify(finding)}`);
    const kept = new Set(points.slice(-2).flatMap(({ volumes }) => volumes.map(({ snapshotId }) => snapshotId)));
    for (const { description: { snapshotId, tags } } of this.#cloud.in(region).snapshots.values()) {
      if (!kept.has(snapshotId)) this.#faults.push(`${snapshotId} is left: ${JSON.stringify(tags)}`);
    }
    for (const { volumeId, snapshotId } of this.#told.restored) this.#compare(`the restored ${volumeId}`, this.#cloud.in(region).volumes.get(volumeId)?.blocks, snapshotId);
  }

  async #checkPoint(point: RestorePoint): Promise<void> {
    for (const { volumeId, snapshotId } of point.volumes) {
      const restored = new Map<number, Buffer>();
      const map = await this.#within(point.blockMap(volumeId));
      await this.#within(
        restoreVolume(map, {
          target: "memory",
          write: ({ index, data }) => Promise.resolve(void restored.set(index, Buffer.from(data))),
          complete: () => Promise.resolve(undefined),
          abort: () => Promise.resolve(),
        }),
      );
      this.#compare(`${volumeId} of the point ${point.id}`, restored, snapshotId ?? "");
    }
  }

  #compare(what: string, found: ReadonlyMap<number, Buffer> | undefined, snapshotId: string): void {
    const wanted = this.#cloud.frozen.get(snapshotId);
    if (found === undefined || wanted === undefined) return void this.#faults.push(`${what} cannot be compared with ${snapshotId}`);
    for (const index of new Set([...found.keys(), ...wanted.keys()])) {
      if (found.get(index)?.equals(wanted.get(index) ?? Buffer.alloc(0)) !== true) this.#faults.push(`${what} is wrong at block ${String(index)}`);
    }
  }

  /** An engine process: opens what it needs, backs up, and sometimes restores. */
  #engine(rounds: number, fate: Fate = {}, name: "gold" | "silver" = this.#chance(0.8) ? "gold" : "silver"): Running {
    const life = this.#life(`engine ${String(++this.#engines)}`, fate);
    const running: Running = { life, isDone: false };
    const work = async (): Promise<void> => {
      const repository = await this.#open(life);
      const pool = this.#pool(life);
      const environment = { clock: clockOf(life, this.#clock), random: this.#random, logger: this.#loggerOf(life) };
      const account = accountOf(life, this.#cloud, this.#compute);
      const policy = new Policy({ name, account, include: [{ instance: "i-a" }], backup: { repository }, workers: pool, retries: this.#chance(0.5) ? 1 : 0 }, environment);
      for (let round = 0; round < rounds; round++) {
        await this.#note(life, "a backup", async () => {
          const session = policy.run();
          const { resources } = await session;
          for (const { point, volumes } of resources) this.#told.successes.push({ point: point ?? "", volumes: volumes.map(({ volumeId, snapshotId }) => ({ volumeId, snapshotId })) });
        });
        // what others left is removed beside those who work
        if (this.#chance(0.3)) await this.#note(life, "a reaping", async () => {
          await pool.reap();
        });
        if (this.#chance(0.2)) await this.#note(life, "a collection", async () => {
          await repository.collectGarbage();
        });
        const known = this.#told.successes.at(Math.floor(this.#random.fraction() * this.#told.successes.length));
        const wanted = known?.volumes[Math.floor(this.#random.fraction() * known.volumes.length)];
        if (known !== undefined && wanted !== undefined && this.#chance(0.4)) {
          await this.#note(life, "a restore", async () => {
            const restore = new Restore({ repository, account, workers: pool }, { ...environment, imageFiles: { create: () => Promise.reject(new Error("there are no images here")) } });
            const { volumeId } = await restore.volume(known.point, { volume: wanted.volumeId, availabilityZone: `${region}a` });
            this.#told.restored.push({ volumeId, snapshotId: wanted.snapshotId });
          });
        }
        this.#change();
      }
      await pool.close();
    };
    void work().then(
      () => (running.isDone = true),
      (error: unknown) => {
        running.isDone = true;
        this.#judge(life, "its beginning or end", error);
      },
    );
    return running;
  }

  async #note(life: Life, what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#say(life.name, `${what} succeeded`);
    } catch (error) {
      this.#judge(life, what, error);
    }
  }

  /** Whatever fails, fails with an error of ours, down to the last of its parts. */
  #judge(life: Life, what: string, error: unknown): void {
    this.#told.failures.push(error);
    this.#say(life.name, `${what} failed: ${codesOf(error).join(", ")}`);
    if (!isTyped(error)) this.#faults.push(`${life.name}: ${what} failed without a typed error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  /** Lets time pass until all engines are done, or over. */
  async #until(engines: readonly Running[]): Promise<void> {
    const endMs = this.#clock.monotonicMs() + longestRunMs;
    while (engines.some(({ life, isDone }) => !life.isOver && !isDone)) {
      if (this.#clock.monotonicMs() > endMs) return void this.#faults.push("an engine hangs");
      await this.#clock.advance(secondMs);
      this.#cloud.noteSnapshots();
    }
  }

  /** Waits for what needs the time to go on. */
  async #within<Result>(work: Promise<Result>): Promise<Result> {
    const state = { isDone: false };
    void work.then(
      () => (state.isDone = true),
      () => (state.isDone = true),
    );
    while (!state.isDone) await this.#clock.advance(secondMs);
    return await work;
  }

  /** EC2 takes instances back now and then. */
  #interrupt(engines: readonly Running[]): AbortController {
    const ending = new AbortController();
    const isStormy = this.#chance(0.4);
    const storm = async (): Promise<void> => {
      while (isStormy && engines.some(({ life, isDone }) => !life.isOver && !isDone)) {
        await this.#clock.sleep(Math.floor(this.#random.fraction() * 300_000), ending.signal);
        const running = this.#compute.running;
        const victim = running[Math.floor(this.#random.fraction() * running.length)];
        if (victim === undefined) continue;
        if (this.#chance(0.5)) void this.#compute.interrupt(victim);
        else this.#compute.kill(victim, "Server.SpotInstanceTermination");
      }
    };
    void storm().catch(() => undefined);
    return ending;
  }

  #break(): void {
    const some = (of: number): number => (this.#chance(0.5) ? 0 : this.#random.fraction() * of);
    Object.assign(this.#weather, { faults: some(0.02), delays: some(0.1), refusals: some(0.5), workerDeaths: some(0.6), workerStalls: some(0.4), deadBoots: some(0.2), leftovers: some(0.5) });
  }

  #fate(): Fate {
    const call = (): number => 1 + Math.floor(this.#random.fraction() * mostCallsOfVictim);
    return {
      diesAtCall: this.#chance(0.5) ? call() : undefined,
      lastCallArrives: this.#chance(0.5),
      stallsAtCall: this.#chance(0.25) ? call() : undefined,
      stallMs: Math.floor(this.#random.fraction() * longestStallMs),
    };
  }

  /** The source goes on living. */
  #change(): void {
    for (const volumeId of volumeIds) {
      const blocks = this.#cloud.in(region).volumes.get(volumeId)?.blocks;
      for (let count = 1 + Math.floor(this.#random.fraction() * mostBlocks); count > 0; count--) {
        const index = Math.floor(this.#random.fraction() * volumeBlocks);
        if (this.#chance(0.1)) blocks?.delete(index);
        else blocks?.set(index, textBlock(`${volumeId} ${String(this.#random.fraction())}`));
      }
    }
  }

  #pool(life: Life): WorkerPool {
    return new WorkerPool(
      { account: accountOf(life, this.#cloud, this.#compute), configurationBucket: "configuration", applianceId: "chaos-1", bundles: { x64: "bundle" }, maxWorkers: 3, spot: this.#chance(0.3) ? "prefer" : "never" },
      {
        clock: clockOf(life, this.#clock),
        random: this.#random,
        logger: this.#loggerOf(life),
        pace,
        openConfiguration: () => Promise.resolve(seenBy<ObjectStore>(life, this.#configuration, "configuration")),
        readBundle: () => Promise.resolve(bundle),
      },
    );
  }

  async #open(life: Life): Promise<Repository> {
    return await Repository.open({ storage: this.#storageOf(life), encryption: { key } }, { clock: clockOf(life, this.#clock), random: this.#random, logger: this.#loggerOf(life) });
  }

  #storageOf(life: Life): ObjectStorage {
    const place = { bucket: "backups", prefix: "", region, account: accountOf(life, this.#cloud, this.#compute) };
    return { location: "memory", place, openStore: () => Promise.resolve(seenBy<ObjectStore>(life, this.#store, "repository")) };
  }

  #life(name: string, fate: Fate = {}): Life {
    return new Life(name, { clock: this.#clock, random: this.#random, weather: this.#weather }, fate, () => this.#say(name, "dies"));
  }

  #loggerOf(life: Life): Logger {
    const say = (message: string, facts: Readonly<Record<string, unknown>> = {}): void => this.#say(life.name, `${message} ${JSON.stringify(facts)}`);
    return { debug: () => undefined, info: say, warn: say, error: say };
  }

  #say(who: string, what: string): void {
    this.#trace.push(`${String(Math.round(this.#clock.monotonicMs() / secondMs))} s ${who}: ${what}`);
  }

  #chance(of: number): boolean {
    return this.#random.fraction() < of;
  }
}

interface Running {
  readonly life: Life;
  isDone: boolean;
}

function isTyped(error: unknown): boolean {
  if (!HoldfastError.isInstance(error)) return false;
  return !(error instanceof PartialFailureError) || error.failures.every((failure) => isTyped(failure.error));
}

function codesOf(error: unknown): string[] {
  if (!HoldfastError.isInstance(error)) return ["untyped"];
  return error instanceof PartialFailureError ? error.failures.flatMap((failure) => codesOf(failure.error)) : [error.code];
}
