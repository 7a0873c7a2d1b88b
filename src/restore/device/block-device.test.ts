import { getEventListeners } from "node:events";
import { mkdtemp, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { key, noiseBlock, storageOf, textBlock } from "../../../test/support/backup-world.js";
import { backUpImage } from "../../../test/support/image-world.js";
import { ManualClock } from "../../../test/support/manual-clock.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { NbdClient, text, u16, u32 } from "../../../test/support/nbd-client.js";
import { MeasuringObjectStore } from "../../adapters/decorators/measuring-object-store.js";
import { Restore } from "../../composition/restore.js";
import { blockSizeBytes } from "../../ports/index.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import { Repository } from "../../repository/repository.js";
import { SeededRandom } from "../../testing/seeded-random.js";
import type { BlockDevice } from "./block-device.js";
import type { BlockDeviceOptions } from "./device-options.js";

const command = { read: 0, write: 1, disconnect: 2, flush: 3, trim: 4, cache: 5, writeZeroes: 6, blockStatus: 7 };
const sizeBytes = 200 * blockSizeBytes + 12_345;

let folder: string;
let clock: ManualClock;
let store: MemoryObjectStore;
let measured: MeasuringObjectStore;
let repository: Repository;
let point: RestorePoint;
/** What the disk holds, read by nothing of the engine. */
let disk: Buffer;
const opened: { close: () => unknown }[] = [];

/** The repository as it is after the backup, made once: each test has its own copy. */
const made = new Map<string, Buffer>();
let pointId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-test-"));
  const path = join(folder, "disk.img");
  const image = await open(path, "w");
  await image.truncate(sizeBytes);
  for (const index of [0, 1, 2, 7, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 120, 199]) await image.write(index % 3 === 0 ? noiseBlock() : textBlock(`block ${String(index)} `), 0, blockSizeBytes, index * blockSizeBytes);
  await image.write("the end", sizeBytes - 7, "utf8");
  await image.close();
  disk = await readFile(path);
  const first = new MemoryObjectStore();
  pointId = (await backUpImage(await Repository.create({ storage: storageOf(first), encryption: { key } }), path)).id;
  for (const [name, body] of first.objects) made.set(name, body);
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  clock = new ManualClock();
  store = new MemoryObjectStore();
  for (const [name, body] of made) await store.put(name, Buffer.from(body));
  measured = new MeasuringObjectStore(store);
  repository = await Repository.open({ storage: { location: "memory", openStore: async () => measured }, encryption: { key } }, { clock });
  point = await repository.restorePoint(pointId);
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function openDevice(options: BlockDeviceOptions = {}): Promise<BlockDevice> {
  const device = await new Restore({ repository }, { clock }).blockDevice(point, options);
  opened.push(device);
  return device;
}

async function client(device: BlockDevice): Promise<NbdClient> {
  const found = await NbdClient.connect(device.socketPath === undefined ? { host: "127.0.0.1", port: device.port! } : { path: device.socketPath });
  opened.push(found);
  return found;
}

async function transmitting(device: BlockDevice): Promise<NbdClient> {
  const found = await client(device);
  await found.greet();
  await found.go();
  return found;
}

describe("a restore point as a block device", () => {
  it("reads byte for byte as the disk was, at any offset and length", async () => {
    const device = await openDevice({ cacheBytes: 16 * blockSizeBytes });
    expect(device).toMatchObject({ sizeBytes, isWritable: false, volume: "disk", restorePoint: point.id });
    expect(inspect(device)).toContain("read-only disk of");
    const nbd = await client(device);
    await nbd.greet();
    // has flags, read-only, flush, DF, multi-conn, cache
    expect(await nbd.go("disk")).toEqual({ sizeBytes, flags: 1 | 2 | 4 | 128 | 256 | 1024 });
    const random = new SeededRandom(7);
    for (let round = 0; round < 60; round++) {
      const offset = Math.floor(random.fraction() * sizeBytes);
      const length = Math.min(sizeBytes - offset, 1 + Math.floor(random.fraction() * (round % 5 === 0 ? 6_000_000 : 9_000)));
      const { error, data } = await nbd.request(command.read, offset, length);
      expect(error).toBe(0);
      expect(data.equals(disk.subarray(offset, offset + length))).toBe(true);
    }
  });

  it("lies in a directory of its own that nobody else may enter, and leaves nothing when it is closed", async () => {
    const device = await openDevice();
    const place = join(device.socketPath!, "..");
    expect((await stat(place)).mode & 0o777).toBe(0o700);
    const nbd = await transmitting(device);
    expect([...store.objects.keys()].filter((name) => name.startsWith("sess/"))).toHaveLength(1);
    await device.close();
    await nbd.untilHungUp();
    await expect(stat(place)).rejects.toMatchObject({ code: "ENOENT" });
    expect([...store.objects.keys()].filter((name) => name.startsWith("sess/"))).toHaveLength(0);
  });

  it("closes with its signal, and listens on a loopback port where that is asked", async () => {
    const controller = new AbortController();
    const device = await openDevice({ listen: "loopback", signal: controller.signal });
    expect(device.uri).toBe(`nbd://127.0.0.1:${String(device.port)}`);
    const nbd = await transmitting(device);
    controller.abort();
    await nbd.untilHungUp();
    await device.close();
    await expect(openDevice({ signal: controller.signal })).rejects.toBe(controller.signal.reason);
  });

  it("is forgotten by its signal once it is closed: a signal may outlive many devices", async () => {
    const { signal } = new AbortController();
    const device = await new Restore({ repository }).blockDevice(point, { signal });
    expect(getEventListeners(signal, "abort")).not.toEqual([]);
    await device.close();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("reads neighbours by one request, each block once, and ahead of who reads in sequence", async () => {
    const device = await openDevice({ cacheBytes: 64 * blockSizeBytes });
    const nbd = await transmitting(device);
    // the first one reads the pages of the block map
    await nbd.request(command.read, 120 * blockSizeBytes, 512);
    measured.reset();
    await nbd.request(command.read, 40 * blockSizeBytes, 11 * blockSizeBytes);
    await nbd.request(command.read, 40 * blockSizeBytes, 11 * blockSizeBytes);
    expect(measured.measures().get.calls).toBe(1);
    measured.reset();
    const other = await transmitting(await openDevice({ cacheBytes: 64 * blockSizeBytes }));
    measured.reset();
    for (let at = 40 * blockSizeBytes; at < 51 * blockSizeBytes; at += 65_536) await other.request(command.read, at, 65_536);
    expect(measured.measures().get.calls).toBeLessThanOrEqual(9);
  });

  it("fails reads once its pin is lost, rather than read what may be removed", async () => {
    const device = await openDevice({ listen: "loopback" });
    const nbd = await transmitting(device);
    expect((await nbd.request(command.read, 0, 512)).error).toBe(0);
    await repository.collectGarbage();
    for (const name of [...store.objects.keys()]) if (name.startsWith("sess/")) store.objects.delete(name);
    clock.advance(3 * 60_000 + 1);
    await expect.poll(async () => (await nbd.request(command.read, 0, 512)).error).toBe(5);
  });

  it("leaves no pin where it cannot be opened, as without a folder for temporary files", async () => {
    const names = [...store.objects.keys()];
    vi.stubEnv("TMPDIR", join(tmpdir(), "not-there"));
    try {
      await expect(openDevice()).rejects.toMatchObject({ code: "ENOENT" });
    } finally {
      vi.unstubAllEnvs();
    }
    expect([...store.objects.keys()]).toEqual(names);
    expect(clock.timers).toBe(0);
  });

  it("keeps a removed point readable while it is open", async () => {
    const device = await openDevice({ cacheBytes: 16 * blockSizeBytes });
    const nbd = await transmitting(device);
    await repository.remove(point, { evenNewest: true });
    await repository.collectGarbage();
    await repository.collectGarbage();
    const { error, data } = await nbd.request(command.read, 120 * blockSizeBytes, 1_000);
    expect(error).toBe(0);
    expect(data.equals(disk.subarray(120 * blockSizeBytes, 120 * blockSizeBytes + 1_000))).toBe(true);
  });

  it("gives an error, never wrong bytes, where the repository is damaged", async () => {
    for (const [name, body] of store.objects) if (name.startsWith("packs/")) body.writeUInt8(body.readUInt8(5_000) ^ 1, 5_000);
    const nbd = await transmitting(await openDevice());
    expect((await nbd.request(command.read, 0, 512)).error).toBe(5);
    expect((await nbd.request(command.read, 10 * blockSizeBytes, 512)).error).toBe(0);
  });

  it("names wrong options by their path before anything is opened", async () => {
    await expect(openDevice({ port: 1 })).rejects.toMatchObject({ code: "InvalidOption", context: { path: "port" } });
    await expect(openDevice({ overlayBytes: 2 ** 30 })).rejects.toMatchObject({ context: { path: "overlayBytes" } });
    await expect(openDevice({ ...{ readOnly: true } } as never)).rejects.toThrow("readOnly: is no option of a block device");
    await expect(openDevice({ volume: "vol-x" })).rejects.toMatchObject({ code: "VolumeNotInPoint" });
    expect([...store.objects.keys()].filter((name) => name.startsWith("sess/"))).toHaveLength(0);
  });
});

describe("a device's overlay", () => {
  it("takes writes, zeros and trims, and never changes the restore point", async () => {
    const before = new Map([...store.objects].filter(([name]) => name.startsWith("packs/")).map(([name, body]) => [name, Buffer.from(body)]));
    const device = await openDevice({ writable: true });
    const nbd = await transmitting(device);
    const expected = Buffer.from(disk);
    const random = new SeededRandom(11);
    for (let round = 0; round < 60; round++) {
      const offset = Math.floor(random.fraction() * sizeBytes);
      const length = Math.min(sizeBytes - offset, 1 + Math.floor(random.fraction() * (round % 7 === 0 ? 200_000 : 3_000)));
      if (round % 3 === 0) {
        expected.fill(0, offset, offset + length);
        expect((await nbd.request(round % 2 === 0 ? command.trim : command.writeZeroes, offset, length)).error).toBe(0);
      } else {
        const data = Buffer.alloc(length, `written in round ${String(round)} `);
        data.copy(expected, offset);
        expect((await nbd.request(command.write, offset, length, data)).error).toBe(0);
      }
    }
    expect((await nbd.request(command.flush, 0, 0)).error).toBe(0);
    const other = await transmitting(device);
    for (let at = 0; at < sizeBytes; at += 2 ** 23) {
      const length = Math.min(2 ** 23, sizeBytes - at);
      expect((await other.request(command.read, at, length)).data.equals(expected.subarray(at, at + length))).toBe(true);
    }
    for (const [name, body] of before) expect(store.objects.get(name)?.equals(body)).toBe(true);
    expect(await readdir(join(device.socketPath!, ".."))).toEqual(["nbd.sock"]);
  });

  it("is full at its limit, and says so", async () => {
    const nbd = await transmitting(await openDevice({ writable: true, overlayBytes: 2 ** 20 }));
    for (let cluster = 0; cluster < 16; cluster++) expect((await nbd.request(command.write, cluster * 65_536, 1, Buffer.from("x"))).error).toBe(0);
    expect((await nbd.request(command.write, 16 * 65_536, 1, Buffer.from("x"))).error).toBe(28);
    expect((await nbd.request(command.write, 0, 1, Buffer.from("y"))).error).toBe(0);
    expect((await nbd.request(command.read, 16 * 65_536, 8)).data.equals(disk.subarray(16 * 65_536, 16 * 65_536 + 8))).toBe(true);
  });
});

describe("the protocol", () => {
  it("answers info, list and old clients", async () => {
    const device = await openDevice();
    const nbd = await client(device);
    await nbd.greet();
    const [listed] = await nbd.option(3);
    expect(listed!.data.subarray(4, 8).toString()).toBe("disk");
    const infos = await nbd.option(6, Buffer.concat([text("disk"), u16(2), u16(1), u16(2)]));
    expect(infos.map(({ type, data }) => (type === 3 ? data.readUInt16BE() : type))).toEqual([0, 3, 1, 2, 1]);
    expect(infos[1]!.data.subarray(2)).toEqual(Buffer.concat([u32(1), u32(524_288), u32(33_554_432)]));
    expect((await nbd.option(6, Buffer.concat([text("other"), u16(0)])))[0]!.type).toBe(0x80000006);
    expect((await nbd.option(5))[0]!.type).toBe(0x80000001);
    nbd.sendOption(1, Buffer.from("disk"));
    expect(Number((await nbd.take(10)).readBigUInt64BE())).toBe(sizeBytes);
    expect((await nbd.request(command.read, sizeBytes - 7, 7)).data.toString()).toBe("the end");
    nbd.sendRequest(command.disconnect, 0, 0);
    await nbd.untilHungUp();
    const old = await client(device);
    await old.greet(1);
    old.sendOption(1);
    expect((await old.take(134)).subarray(10).equals(Buffer.alloc(124))).toBe(true);
    const leaving = await client(device);
    await leaving.greet();
    expect((await leaving.option(2))[0]!.type).toBe(1);
    await leaving.untilHungUp();
  });

  it("gives structured replies, holes and what is allocated", async () => {
    const nbd = await client(await openDevice());
    await nbd.greet();
    expect((await nbd.option(10, Buffer.concat([text(""), u32(1), text("base:allocation")])))[0]!.type).toBe(0x80000003);
    await nbd.option(8);
    expect((await nbd.option(9, Buffer.concat([text(""), u32(0)])))[0]!.data.subarray(4).toString()).toBe("base:allocation");
    expect((await nbd.option(10, Buffer.concat([text(""), u32(2), text("other:x"), text("base:allocation")]))).map(({ type }) => type)).toEqual([4, 1]);
    await nbd.go();
    nbd.sendRequest(command.blockStatus, 0, 50 * blockSizeBytes, { cookie: 77n });
    const status = await nbd.chunk();
    expect(status).toMatchObject({ flags: 1, type: 5, cookie: 77n });
    const numbers = Array.from({ length: status.data.length / 4 }, (_, at) => status.data.readUInt32BE(at * 4));
    expect(numbers).toEqual([1, 3 * blockSizeBytes, 0, 4 * blockSizeBytes, 3, blockSizeBytes, 0, 32 * blockSizeBytes, 3, 10 * blockSizeBytes, 0]);
    nbd.sendRequest(command.blockStatus, 0, 50 * blockSizeBytes, { flags: 8 });
    expect((await nbd.chunk()).data).toHaveLength(12);
    nbd.sendRequest(command.read, 10 * blockSizeBytes, 4096);
    expect(await nbd.chunk()).toMatchObject({ type: 2, flags: 1 });
    nbd.sendRequest(command.read, blockSizeBytes, 4096);
    const data = await nbd.chunk();
    expect(data.type).toBe(1);
    expect(data.data.subarray(8).equals(disk.subarray(blockSizeBytes, blockSizeBytes + 4096))).toBe(true);
    nbd.sendRequest(command.read, sizeBytes, 1);
    expect(await nbd.chunk()).toMatchObject({ type: 32_769, flags: 1, data: Buffer.concat([u32(22), u16(0)]) });
  });

  it("refuses what is wrong by the number that the protocol has for it, and goes on", async () => {
    const nbd = await transmitting(await openDevice());
    expect((await nbd.request(command.write, 0, 3, Buffer.from("abc"))).error).toBe(1);
    expect((await nbd.request(command.trim, 0, 512)).error).toBe(1);
    expect((await nbd.request(command.read, sizeBytes - 1, 2)).error).toBe(22);
    expect((await nbd.request(command.read, 2 ** 52, 2)).error).toBe(22);
    expect((await nbd.request(command.read, 0, 0)).error).toBe(22);
    expect((await nbd.request(command.read, 0, 33 * 2 ** 20)).error).toBe(75);
    expect((await nbd.request(command.blockStatus, 0, 512)).error).toBe(22);
    expect((await nbd.request(99, 0, 512)).error).toBe(22);
    expect((await nbd.request(command.cache, 0, 4096)).error).toBe(0);
    nbd.sendRequest(command.read, 0xffff_ffff_ffff_ffffn, 0xffff_ffff);
    expect((await nbd.take(16)).readUInt32BE(4)).toBe(22);
    expect((await nbd.request(command.read, 0, 4)).data.equals(disk.subarray(0, 4))).toBe(true);
  });

  it("hangs up on who does not speak it, and serves the others on", async () => {
    const device = await openDevice({ writable: true });
    const good = await transmitting(device);
    const hostile: ((nbd: NbdClient) => Promise<void> | void)[] = [
      (nbd) => nbd.send(Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
      async (nbd) => await nbd.greet(0xffff_ffff),
      async (nbd) => {
        await nbd.greet();
        nbd.sendOption(7, Buffer.alloc(0), 0xffff_ffff);
      },
      async (nbd) => {
        await nbd.greet();
        nbd.sendOption(1, Buffer.from("no such export"));
      },
      async (nbd) => {
        await nbd.greet();
        await nbd.go();
        nbd.send(Buffer.alloc(28, 0xff));
      },
      async (nbd) => {
        await nbd.greet();
        await nbd.go();
        nbd.sendRequest(command.write, 0, 0xffff_ffff);
      },
      async (nbd) => {
        await nbd.greet();
        for (let count = 0; count < 300; count++) nbd.sendOption(99);
      },
    ];
    for (const misbehave of hostile) {
      const nbd = await client(device);
      await misbehave(nbd);
      await nbd.untilHungUp();
    }
    for (const wrong of [Buffer.alloc(3), Buffer.concat([u32(0xffff_ffff), u16(0)]), Buffer.concat([text("disk"), u16(9)]), Buffer.concat([text("disk"), u16(0), u16(0)])]) {
      const nbd = await client(device);
      await nbd.greet();
      expect((await nbd.option(7, wrong))[0]!.type).toBe(0x80000003);
    }
    expect((await good.request(command.read, 0, 4)).error).toBe(0);
  });

  it("hangs up on who stays silent in the handshake", async () => {
    const nbd = await client(await openDevice());
    await nbd.greet();
    await nbd.option(3);
    clock.advance(30_000);
    await nbd.untilHungUp();
  });
});
