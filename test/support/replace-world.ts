import { Restore, type VolumeDescription } from "holdfast";
import { expect } from "vitest";
import { FaultyAccount, type Fault } from "./faulty-account.js";
import { home, leftovers, openInstanceWorld, type InstanceWorld } from "./instance-world.js";

const blockBytes = 524_288;
/** Of data, in each volume of the instance. */
export const blocks = 100;
/** The device of the volume that is rolled back. */
export const device = "/dev/sdf";

/** An instance whose policy keeps snapshots, so that what has changed since can be told. */
export async function openReplaceWorld(): Promise<InstanceWorld> {
  return await openInstanceWorld({ isPlain: true, snapshots: 2, blocks });
}

export function sourceVolumeOf({ point }: InstanceWorld): string {
  return point.volumes.find(({ deviceName }) => deviceName === device)?.volumeId ?? "";
}

/** The volume that is at the device now. */
export async function attached(world: InstanceWorld): Promise<VolumeDescription> {
  const now = await world.account.instanceCompute(home).find(world.instanceId);
  return await world.account.compute(home).volume(now?.volumes.find(({ deviceName }) => deviceName === device)?.volumeId ?? "");
}

/** One per cent of the volume's data becomes something else. */
export async function spoil(world: InstanceWorld, volumeId: string): Promise<void> {
  for (let block = 0; block < blocks / 100; block++) await world.cloud.volumes.write(volumeId, (3 + block) * blockBytes, Buffer.alloc(blockBytes, `spoilt ${String(Math.random())}`));
}

/** Whether a volume holds, block for block, what was written before the backup. */
export async function isAsBackedUp(world: InstanceWorld, volumeId: string): Promise<boolean> {
  for (let block = 0; block < blocks; block++) {
    const wanted = block === 0 ? world.content.get(device) : Buffer.alloc(blockBytes, `block ${String(block)} of ${device} `);
    if (wanted?.equals(await world.cloud.volumes.read(volumeId, { offset: (3 + block) * blockBytes, length: blockBytes })) !== true) return false;
  }
  return true;
}

/** Replaces the volume once for each `step`th changing call, which goes wrong, until none does; every other time the next process undoes, and else goes on. Gives how many calls there were. */
export async function replaceAtCalls(world: InstanceWorld, fault: Fault, step: number): Promise<number> {
  const restore = new Restore({ repository: world.repository, account: world.account });
  for (let at = 1, turn = 1; ; at += step, turn++) {
    const account = new FaultyAccount(world.account, at, fault);
    const before = await attached(world);
    await spoil(world, before.volumeId);
    const id = `r${fault.replace(" ", "")}${String(at).padStart(3, "0")}`;
    const wanted = { volumeId: before.volumeId, volume: sourceVolumeOf(world), id, replaced: "remove" as const };
    const outcome = await new Restore({ repository: world.repository, account }).replaceVolume(world.point, wanted).then(
      () => "done",
      () => "failed",
    );
    const isDead = fault.startsWith("death");
    const isGoneOnWith = outcome === "failed" && isDead && turn % 2 === 0;
    if (isGoneOnWith) await restore.replaceVolume(world.point, wanted);
    else if (outcome === "done" || isDead) expect((await restore.undoInstance(id, { region: home })).left).toEqual([]);
    const after = await attached(world);
    expect((await world.account.instanceCompute(home).find(world.instanceId))?.state).toBe("running");
    expect(after.attachment, id).toEqual(before.attachment);
    expect(after.volumeId !== before.volumeId || !isGoneOnWith, id).toBe(true);
    expect(await isAsBackedUp(world, after.volumeId), id).toBe(after.volumeId !== before.volumeId);
    expect(await leftovers(world.account, home), id).toEqual([]);
    if (!account.wasMet) return at - 1;
  }
}
