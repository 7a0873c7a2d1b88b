import { rm } from "node:fs/promises";
import { Policy, Restore } from "holdfast";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { noiseBlock } from "../support/backup-world.js";
import { buildMover } from "../support/build-mover.js";
import { region, WorkerBed } from "../support/worker-bed.js";

let mover: Awaited<ReturnType<typeof buildMover>>;
let bed: WorkerBed;
beforeAll(async () => {
  mover = await buildMover();
}, 60_000);
afterAll(async () => await rm(mover.folder, { recursive: true, force: true }));
beforeEach(async () => {
  bed = await WorkerBed.open(mover.program, { maxWorkers: 4 });
});
afterEach(async () => await bed.close());

describe("workers that are machines of their own", () => {
  it("are replaced where they are lost in the middle of a task, and the point is whole", async () => {
    const { account, cloud, compute, pool, repository } = bed;
    const volumeId = await bed.makeVolume(new Map(Array.from({ length: 40 }, (_, index) => [index * 50, noiseBlock()])));
    // each read takes its time, so that the first worker dies in the middle
    const quickly = cloud.faults.inject({ kind: "latency", ms: 1_000, service: "ebs", operation: "GetSnapshotBlock" });
    const policy = new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository, auditBlocks: 0 }, workers: pool, retries: 0 });
    const session = policy.run();
    await expect.poll(async () => (await bed.names()).some((name) => name.endsWith("/1/claim.json")), { timeout: 30_000, interval: 20 }).toBe(true);
    await compute.kill([...compute.instances.keys()][0] ?? "", "Server.SpotInstanceTermination");
    quickly();
    expect((await session).resources).toMatchObject([{ outcome: "succeeded", attempts: 1 }]);
    expect(compute.requests).toHaveLength(2);
    expect((await repository.verify({ level: "data" })).findings).toEqual([]);
    await pool.close();
    expect(await bed.names()).toEqual([]);
  });

  it("are replaced where they are lost after the restored snapshot was completed, which is taken as it is", async () => {
    const { account, cloud, compute, pool, repository } = bed;
    const state = new Map(Array.from({ length: 20 }, (_, index) => [index * 50, noiseBlock()]));
    const volumeId = await bed.makeVolume(state);
    const [resource] = (await new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository, auditBlocks: 0 }, workers: pool, retries: 0 }).run()).resources;
    await pool.close();
    expect(compute.running).toEqual([]);
    // the snapshot is completed, and the worker never hears of it
    cloud.faults.inject({ kind: "stall", ms: 60_000, when: "before", service: "ebs", operation: "CompleteSnapshot", times: 1 });
    const session = new Restore({ repository, account, workers: pool }).volume(resource?.point ?? "", { availabilityZone: `${region}b` });
    const states = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const snapshot of account.compute(region).snapshotsByTags({ "holdfast:session": session.id })) found.push(snapshot.state);
      return found;
    };
    await expect.poll(states, { timeout: 60_000, interval: 20 }).toEqual(["completed"]);
    await compute.kill(compute.running[0]?.instance.instanceId ?? "", "Server.SpotInstanceTermination");
    const restored = await session;
    expect(compute.requests).toHaveLength(3);
    expect(restored).toMatchObject({ blocks: 20, method: "full" });
    expect(await bed.differences(restored.volumeId, state)).toEqual([]);
    expect(await states()).toEqual([]);
    await pool.close();
    expect(await bed.names()).toEqual([]);
  });

  it("tell the engine what went wrong there, as the error that it was, and do the next task", async () => {
    const { account, cloud, compute, pool, repository } = bed;
    const volumeId = await bed.makeVolume(new Map([[7, noiseBlock()]]));
    const allow = cloud.deny({ action: "ebs:GetSnapshotBlock" });
    const policy = new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository }, workers: pool, retries: 0 });
    await expect(policy.run()).rejects.toMatchObject({ failures: [{ error: { name: "ProviderError", code: "AccessDenied", operation: "GetSnapshotBlock" } }] });
    allow();
    expect((await policy.run()).resources).toMatchObject([{ outcome: "succeeded" }]);
    expect(compute.requests).toHaveLength(1);
  });

  it("end by themselves when their engine says nothing any more", async () => {
    const { account, compute, configuration, pool, repository } = bed;
    const volumeId = await bed.makeVolume(new Map([[7, noiseBlock()]]));
    await new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository }, workers: pool, retries: 0 }).run();
    const engine = (await bed.names()).find((name) => name.endsWith("/engine.json")) ?? "";
    // from here on the engine's beats meet another version than its own, as if it had died and this were its last word
    await configuration.put(engine, (await configuration.get(engine)).body);
    await expect.poll(() => compute.running.length, { timeout: 30_000, interval: 100 }).toBe(0);
  });

  it("back up eight volumes, no more at a time than the pool allows, and fall back where EC2 has no place", async () => {
    const { account, compute, pool, repository } = bed;
    compute.refuse = ({ subnetId }) => (subnetId === "subnet-2" ? "InsufficientCapacity" : undefined);
    compute.subnetList = [...compute.subnetList, { subnetId: "subnet-2", vpcId: "vpc-1", availabilityZone: "eu-west-1b", freeAddresses: 250 }];
    const volumes: string[] = [];
    for (let index = 0; index < 8; index++) volumes.push(await bed.makeVolume(new Map([[index, noiseBlock()]])));
    const result = await new Policy({ name: "gold", account, include: volumes.map((volume) => ({ volume })), backup: { repository }, workers: pool, retries: 0 }).run();
    expect(result.resources.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 8 }, () => "succeeded"));
    expect(compute.instances.size).toBeLessThanOrEqual(4);
    expect([...compute.instances.values()].every(({ request }) => request.subnetId === "subnet-1")).toBe(true);
    expect((await repository.verify({ level: "data" })).findings).toEqual([]);
    await pool.close();
    expect(compute.running).toEqual([]);
    expect(await bed.names()).toEqual([]);
  });
});
