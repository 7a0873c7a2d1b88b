import { beforeEach, describe, expect, it } from "vitest";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { MemoryWorkerCompute, MemoryWorkerNetworks, MemoryWorkerRoles, workerAccount } from "../../../test/support/memory-workers.js";
import { ControlObjects } from "../../mover/protocol/control-objects.js";
import { createWorkerKeyPair } from "../../mover/protocol/envelope.js";
import { controlNames } from "../../mover/protocol/object-names.js";
import { defaultPace } from "../../mover/protocol/pace.js";
import { resolveEnvironment } from "../../session/index.js";
import { FakeClock } from "../../testing/fake-clock.js";
import type { PoolContext } from "../pool-context.js";
import { resolvePoolOptions, type WorkerPoolOptions } from "../pool-options.js";
import type { IamPolicyStatement } from "../roles/policy-document.js";
import type { FleetWorker } from "./fleet-worker.js";
import { WorkerFleet, type WorkerNeed } from "./worker-fleet.js";

let clock: FakeClock;
let compute: MemoryWorkerCompute;
let roles: MemoryWorkerRoles;
let store: MemoryObjectStore;
beforeEach(() => {
  clock = new FakeClock();
  store = new MemoryObjectStore({ clock });
  compute = new MemoryWorkerCompute();
  roles = new MemoryWorkerRoles();
  // each instance says hello at once
  const launch = compute.launch.bind(compute);
  compute.launch = async (request) => {
    const instance = await launch(request);
    const worker = request.tags["holdfast:worker"] ?? "";
    const hello = { version: 1, worker, publicKey: createWorkerKeyPair().publicKey.toString("base64"), instanceId: instance.instanceId, architecture: "x64" };
    await new ControlObjects(store).create(controlNames.hello(worker), hello);
    return instance;
  };
});

function openFleet(options: Partial<WorkerPoolOptions> = {}): WorkerFleet {
  const context: PoolContext = {
    ...resolveEnvironment({ clock }),
    options: resolvePoolOptions({ account: workerAccount(compute, new MemoryWorkerNetworks(), roles), configurationBucket: "configuration", applianceId: "test-1", bundles: { x64: "bundle" }, ...options }),
    pace: defaultPace,
    engine: "e".repeat(32),
    control: () => Promise.resolve(new ControlObjects(store)),
    bundle: () => Promise.resolve({ name: "bundles/b", sha256: "ab".repeat(32) }),
  };
  return new WorkerFleet(context);
}

const need = (given: Partial<WorkerNeed> = {}): WorkerNeed => ({ region: "eu-west-1", profile: "small", policy: "gold", tags: {}, ...given });

/** Asks for workers; gives those that are there once nothing more happens. */
async function ask(fleet: WorkerFleet, needs: readonly WorkerNeed[]): Promise<FleetWorker[]> {
  const given: FleetWorker[] = [];
  for (const one of needs) void fleet.acquire(one).then((worker) => given.push(worker));
  await clock.advance(0);
  return given;
}

describe("the workers that a pool has at a time", () => {
  const eu = { region: "eu-west-1" };
  const us = { region: "us-east-1" };
  it.each([
    ["no more than the pool's", { maxWorkers: 2 }, [eu, us, us], 2],
    ["no more than a region's; another region's are not in the way", { maxWorkersPerRegion: 1 }, [eu, eu, us], 2],
    ["no more than a policy's; another policy's are not in the way", { maxWorkersPerPolicy: 1 }, [eu, eu, { policy: "silver" }], 2],
    ["of no policy: the pool's cap alone", { maxWorkersPerPolicy: 1 }, [{ policy: undefined }, { policy: undefined }], 2],
    ["each cap by itself", { maxWorkers: 3, maxWorkersPerRegion: 2, maxWorkersPerPolicy: 2 }, [eu, eu, eu, { ...eu, policy: "silver" }, us, { ...us, policy: "silver" }], 3],
  ] as const)("are %s", async (_what, options, needs, launched) => {
    expect(await ask(openFleet(options), needs.map((one) => need(one)))).toHaveLength(launched);
    expect(compute.running).toHaveLength(launched);
  });

  it("are served in the order of their coming, as soon as there is a place", async () => {
    const fleet = openFleet({ maxWorkers: 1 });
    const [first] = await ask(fleet, [need()]);
    const later: string[] = [];
    for (const policy of ["silver", "bronze"]) void fleet.acquire(need({ policy })).then(() => later.push(policy));
    await clock.advance(0);
    expect(later).toEqual([]);
    if (first !== undefined) await fleet.discard(first);
    await clock.advance(0);
    expect(later).toEqual(["silver"]);
  });
});

describe("a worker that is kept warm", () => {
  it.each([
    ["of the same region, profile and policy", {}, true],
    ["that is smaller", { profile: "large" }, false],
    ["of another region", { region: "us-east-1" }, false],
    ["of another policy, by whose name it is tagged", { policy: "silver" }, false],
  ] as const)("does a further task, unless it is one %s: %j %s", async (_what, other, isTaken) => {
    const fleet = openFleet();
    const [worker] = await ask(fleet, [need()]);
    if (worker === undefined) throw new Error("there is no worker");
    fleet.release(worker);
    const [next] = await ask(fleet, [need(other)]);
    expect(next === worker).toBe(isTaken);
    expect(compute.requests).toHaveLength(isTaken ? 1 : 2);
  });

  it("does smaller tasks too, and several one after the other", async () => {
    const fleet = openFleet();
    let [worker] = await ask(fleet, [need({ profile: "large" })]);
    for (const profile of ["small", "medium", "archiving", "large"] as const) {
      if (worker !== undefined) fleet.release(worker);
      const [next] = await ask(fleet, [need({ profile })]);
      expect(next).toBe(worker);
      worker = next;
    }
    expect(compute.requests).toHaveLength(1);
  });

  it("begins no task that its own time is too short for", async () => {
    const fleet = openFleet();
    const [worker] = await ask(fleet, [need()]);
    await clock.advance(54 * 60_000);
    if (worker !== undefined) fleet.release(worker);
    const [same] = await ask(fleet, [need()]);
    expect(same).toBe(worker);
    await clock.advance(2 * 60_000);
    if (same !== undefined) fleet.release(same);
    const [next] = await ask(fleet, [need()]);
    expect(next).not.toBe(worker);
    expect(compute.requests).toHaveLength(2);
  });

  it("does a larger task where it holds a part of a point and the caps allow no other: the point would never be committed", async () => {
    const fleet = openFleet({ maxWorkers: 1 });
    const [worker] = await ask(fleet, [need()]);
    if (worker === undefined) throw new Error("there is no worker");
    const given = await ask(fleet, [need({ profile: "large" })]);
    fleet.release(worker);
    await clock.advance(0);
    expect(given).toEqual([]);
    worker.heldParts++;
    await clock.advance(defaultPace.idleMs);
    expect(given).toEqual([worker]);
    await clock.advance(2 * defaultPace.idleMs);
    expect(compute.running).toHaveLength(1);
    expect(compute.requests).toHaveLength(1);
  });

  it("ends after a while in which nobody needs it", async () => {
    const fleet = openFleet();
    const [worker] = await ask(fleet, [need()]);
    if (worker !== undefined) fleet.release(worker);
    await clock.advance(defaultPace.idleMs + defaultPace.beatMs);
    expect(compute.running).toEqual([]);
    expect([...store.objects.keys()]).toEqual([]);
  });
});

describe("what is tried where EC2 has no place", () => {
  it.each([
    ["the types of the profile, in their order", { profiles: { small: ["c6i.large", "c5.large", "m5.large"] } }, ["InsufficientCapacity", "NotOffered"], ["c6i.large", "c5.large", "m5.large"]],
    ["the spot market first", { spot: "prefer" }, ["SpotRefused"], ["c5.large spot", "c5.large"]],
    ["nothing but the spot market", { spot: "only", profiles: { small: ["c6i.large", "c5.large"] } }, ["QuotaExceeded"], ["c6i.large spot", "c5.large spot"]],
  ] as const)("is %s", async (_what, options, refusals, tried) => {
    const left: string[] = [...refusals];
    compute.refuse = () => left.shift();
    expect(await ask(openFleet(options as Partial<WorkerPoolOptions>), [need()])).toHaveLength(1);
    expect(compute.requests.map(({ instanceType, isSpot }) => `${instanceType}${isSpot ? " spot" : ""}`)).toEqual(tried);
  });

  it("is on demand where a task's spot instances were taken back, and no warm spot instance is taken for it", async () => {
    const fleet = openFleet({ spot: "prefer" });
    const [spot] = await ask(fleet, [need()]);
    if (spot !== undefined) fleet.release(spot);
    const [next] = await ask(fleet, [need({ isOnDemand: true })]);
    expect(next).not.toBe(spot);
    expect(compute.requests.map(({ isSpot }) => isSpot)).toEqual([true, false]);
  });
});

describe("a worker with a role of its own", () => {
  const allow = (Sid: string): IamPolicyStatement => ({ Sid, Effect: "Allow", Action: ["s3:GetObject"], Resource: [`arn:aws:s3:::backups/${Sid}/*`] });
  const own: Partial<WorkerPoolOptions> = { temporaryRoles: { permissionsBoundaryArn: "arn:aws:iam::111122223333:policy/bounds" } };

  it("is launched in it, and may read its own orders and what its task is about, and no more", async () => {
    const [worker] = await ask(openFleet(own), [need({ access: [allow("gold")] })]);
    const id = worker?.id ?? "";
    const name = `holdfast-worker-${id}`;
    expect(compute.requests).toMatchObject([{ instanceProfile: name }]);
    const role = roles.roles.get(name);
    expect(role).toMatchObject({ path: "/holdfast/test-1/", permissionsBoundaryArn: "arn:aws:iam::111122223333:policy/bounds", tags: { "holdfast:appliance": "test-1", "holdfast:worker": id } });
    const { Statement } = JSON.parse(role?.policy ?? "{}") as { Statement: IamPolicyStatement[] };
    const bucket = "arn:aws:s3:::configuration";
    expect(Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [["s3:ListBucket"], [bucket]],
      [["s3:GetObject"], [`${bucket}/holdfast/bundles/*`, `${bucket}/holdfast/workers/${id}/*`, `${bucket}/holdfast/tasks/*`]],
      [["s3:PutObject"], [`${bucket}/holdfast/workers/${id}/*`, `${bucket}/holdfast/tasks/*`]],
      [["s3:GetObject"], ["arn:aws:s3:::backups/gold/*"]],
    ]);
  });

  it("waits until EC2 has learned of it, in the same place, and for two minutes at most", async () => {
    let refusals = 3;
    compute.refuse = () => (refusals-- > 0 ? "InstanceProfileUnknown" : undefined);
    const fleet = openFleet(own);
    const given: FleetWorker[] = [];
    void fleet.acquire(need()).then((worker) => given.push(worker));
    await clock.advance(10_000);
    expect(given).toHaveLength(1);
    expect(compute.requests).toHaveLength(4);
    refusals = Infinity;
    const refused = fleet.acquire(need({ region: "us-east-1" })).catch((error: unknown) => error);
    await clock.advance(130_000);
    expect(await refused).toMatchObject({ code: "InstanceProfileUnknown" });
    expect(roles.roles.size).toBe(1);
  });

  it("takes further tasks only where its role covers them", async () => {
    const fleet = openFleet(own);
    const [worker] = await ask(fleet, [need({ access: [allow("gold"), allow("keys")] })]);
    if (worker === undefined) throw new Error("there is no worker");
    fleet.release(worker);
    const [other] = await ask(fleet, [need({ access: [allow("silver")] })]);
    expect(other).not.toBe(worker);
    const [next] = await ask(fleet, [need({ access: [allow("gold")] })]);
    expect(next).toBe(worker);
  });

  it.each([
    ["nobody needs it any more", async (fleet: WorkerFleet, worker: FleetWorker) => {
      fleet.release(worker);
      await fleet.close();
    }],
    ["it is given up", async (fleet: WorkerFleet, worker: FleetWorker) => await fleet.discard(worker)],
  ])("loses it when %s", async (_when, end) => {
    const fleet = openFleet(own);
    const [worker] = await ask(fleet, [need()]);
    expect(roles.roles.size).toBe(1);
    if (worker !== undefined) await end(fleet, worker);
    expect(roles.roles.size).toBe(0);
  });

  it("leaves none where it cannot be launched, or the role was made by half", async () => {
    compute.refuse = () => "InsufficientCapacity";
    await expect(openFleet(own).acquire(need())).rejects.toMatchObject({ code: "NoWorkerPlace" });
    const make = roles.make.bind(roles);
    roles.make = async (request) => {
      await make(request);
      throw new Error("half of it");
    };
    await expect(openFleet(own).acquire(need())).rejects.toThrow("half of it");
    expect(roles.roles.size).toBe(0);
  });
});
