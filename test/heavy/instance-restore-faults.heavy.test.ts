import { Restore } from "holdfast";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaultyAccount, type Fault } from "../support/faulty-account.js";
import { away, home, leftovers, openInstanceWorld, type InstanceWorld } from "../support/instance-world.js";
import { terminateAll } from "../support/terminate-all.js";

const blockBytes = 524_288;
const faults: readonly Fault[] = ["before", "after", "death before", "death after"];

/** Fails at the first changing call, at the second, and so on until a restore gets through untouched. */
async function atEveryCall(world: InstanceWorld, fault: Fault, attempt: (account: FaultyAccount, id: string) => Promise<void>): Promise<number> {
  for (let at = 1; ; at++) {
    const account = new FaultyAccount(world.account, at, fault);
    await attempt(account, `f${fault.replace(" ", "")}${String(at).padStart(3, "0")}`);
    if (!account.wasMet) return at - 1;
  }
}

describe.each(faults)("a restore of which a changing call goes wrong: %s", (fault) => {
  let world: InstanceWorld;
  beforeAll(async () => {
    world = await openInstanceWorld({ isPlain: true });
  });
  afterAll(async () => {
    await world.close();
  });

  const restoreOf = (account: FaultyAccount | InstanceWorld["account"]): Restore => new Restore({ repository: world.repository, account });

  it("in place is undone, or gone on with by who comes next, and leaves nothing", async () => {
    let turn = 0;
    const met = await atEveryCall(world, fault, async (account, id) => {
      const before = await world.account.instanceCompute(home).find(world.instanceId);
      for (const { volumeId } of before?.volumes ?? []) await world.cloud.volumes.write(volumeId, 3 * blockBytes, Buffer.alloc(blockBytes, 9));
      const outcome = await restoreOf(account).instance(world.point, { to: "original", id, replaced: "remove" }).then(
        () => "done",
        () => "failed",
      );
      // every other time the next process undoes; so does one whose call failed, by itself
      turn++;
      const isDead = fault.startsWith("death");
      if (outcome === "failed" && isDead && turn % 2 === 0) await restoreOf(world.account).instance(world.point, { to: "original", id, replaced: "remove" });
      else if (outcome === "done" || isDead) expect((await restoreOf(world.account).undoInstance(id, { region: home })).left).toEqual([]);
      const after = await world.account.instanceCompute(home).find(world.instanceId);
      expect(after?.state).toBe("running");
      expect(after?.volumes.map(({ deviceName, deleteOnTermination }) => [deviceName, deleteOnTermination])).toEqual(before?.volumes.map(({ deviceName, deleteOnTermination }) => [deviceName, deleteOnTermination]));
      const isOld = after?.volumes.every(({ volumeId }) => before?.volumes.some((volume) => volume.volumeId === volumeId)) === true;
      for (const { deviceName, volumeId } of after?.volumes ?? []) {
        const bytes = await world.cloud.volumes.read(volumeId, { offset: 3 * blockBytes, length: blockBytes });
        const wanted = isOld ? Buffer.alloc(blockBytes, 9) : (world.content.get(deviceName) ?? Buffer.alloc(0));
        expect(bytes.equals(wanted), `${id} ${deviceName}`).toBe(true);
      }
      expect(await leftovers(world.account, home), id).toEqual([]);
    });
    expect(met).toBeGreaterThan(12);
  });

  it("to a new instance is undone, or gone on with by who comes next, and leaves nothing", async () => {
    let turn = 0;
    const { subnets, groups } = await placesOf(world);
    const to = { region: away, subnetId: subnets, securityGroupIds: [groups] };
    const met = await atEveryCall(world, fault, async (account, id) => {
      const outcome = await restoreOf(account).instance(world.point, { to, id }).then(
        () => "done",
        () => "failed",
      );
      turn++;
      if (outcome === "failed" && fault.startsWith("death") && turn % 2 === 0) {
        const { instanceId } = await restoreOf(world.account).instance(world.point, { to, id });
        expect((await world.account.instanceCompute(away).find(instanceId))?.state).toBe("running");
      } else if (outcome === "done" || fault.startsWith("death")) expect((await restoreOf(world.account).undoInstance(id, { region: away })).left).toEqual([]);
      expect(await leftovers(world.account, away), id).toEqual([]);
      await terminateAll(world.account, away);
    });
    expect(met).toBeGreaterThan(8);
  });
});

it("an undo puts nothing back where an old volume is gone, and the restore can be gone on with", async () => {
  const world = await openInstanceWorld({ isPlain: true });
  const id = "oldvolumegone";
  const account = new FaultyAccount(world.account, 14, "death after");
  await expect(new Restore({ repository: world.repository, account }).instance(world.point, { to: "original", id })).rejects.toThrow();
  // by then it has attached a restored volume
  expect(account.calls.at(-1)).toBe("attach");
  const old = [];
  for await (const volume of world.account.compute(home).volumesByTags({ "holdfast:restore": id })) if (volume.tags["holdfast:restore-part"]?.startsWith("old:") === true && volume.attachment === undefined) old.push(volume.volumeId);
  await world.account.compute(home).deleteVolume(old[0] ?? "");
  const restore = new Restore({ repository: world.repository, account: world.account });
  const undone = await restore.undoInstance(id);
  expect(undone.putBack).toBeUndefined();
  expect(undone.left[0]).toMatchObject({ what: world.instanceId });
  expect(await restore.instance(world.point, { to: "original", id })).toMatchObject({ isInPlace: true, state: "running" });
  for (const { deviceName, volumeId } of (await world.account.instanceCompute(home).find(world.instanceId))?.volumes ?? []) expect((await world.cloud.volumes.read(volumeId, { offset: 3 * blockBytes, length: blockBytes })).equals(world.content.get(deviceName) ?? Buffer.alloc(0))).toBe(true);
  expect(await leftovers(world.account, home)).toEqual([]);
  await world.close();
});

describe.each(["after", "death after"] as const)("a restore by a swap of which a changing call goes wrong: %s", (fault) => {
  it("is undone, or gone on with by who comes next, and leaves nothing", async () => {
    const world = await openInstanceWorld({ image: "licensed", isPlain: true });
    const met = await atEveryCall(world, fault, async (account, id) => {
      const restore = new Restore({ repository: world.repository, account: world.account });
      const outcome = await new Restore({ repository: world.repository, account }).instance(world.point, { to: { name: "copy" }, id }).then(
        ({ instanceId }) => instanceId,
        () => "failed",
      );
      if (outcome === "failed" && fault === "death after") {
        const { instanceId, volumes } = await restore.instance(world.point, { to: { name: "copy" }, id });
        for (const { deviceName, volumeId } of volumes) expect((await world.cloud.volumes.read(volumeId, { offset: 3 * blockBytes, length: blockBytes })).equals(world.content.get(deviceName) ?? Buffer.alloc(0)), id).toBe(true);
        await world.account.instanceCompute(home).terminate(instanceId);
      } else if (outcome !== "failed") {
        expect((await restore.undoInstance(id, { region: home })).outcome).toBe("done");
        await world.account.instanceCompute(home).terminate(outcome);
      }
      expect(await leftovers(world.account, home), id).toEqual([]);
    });
    expect(met).toBeGreaterThan(15);
    await world.close();
  });
});

async function placesOf({ account }: InstanceWorld): Promise<{ readonly subnets: string; readonly groups: string }> {
  const { DescribeSecurityGroupsCommand, DescribeSubnetsCommand } = await import("@aws-sdk/client-ec2");
  const { Subnets } = await account.ec2(away).send(new DescribeSubnetsCommand({}));
  const { SecurityGroups } = await account.ec2(away).send(new DescribeSecurityGroupsCommand({}));
  return { subnets: Subnets?.[0]?.SubnetId ?? "", groups: SecurityGroups?.[0]?.GroupId ?? "" };
}
