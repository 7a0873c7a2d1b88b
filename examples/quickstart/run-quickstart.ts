import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AwsAccount, Policy, Repository, Restore, s3Storage, type RestorePoint } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { changeFiles, checkFileSystem, makeBootDisk, makeDataDisk, type DiskKind } from "./disk.js";
import { compareImages, differingBlocks } from "./images.js";
import { Display } from "./progress.js";
import { backupReport, countRequests, requestCost, requestsSince, storageCost, type QuickstartReport, type Requests } from "./report.js";
import { bucket, makeBucket, region, startServer, type Server } from "./world.js";

const sizeGib = 1;

/** Everything from a disk to its restored copies, in `directory`. */
export async function runQuickstart(directory: string, signal: AbortSignal): Promise<QuickstartReport> {
  const cloud = await LocalCloud.start({ directory: join(directory, "cloud"), durable: false });
  const account = new AwsAccount(cloud.connection({ region }));
  const display = new Display();
  try {
    return await new Quickstart(directory, cloud, account, display, signal).run();
  } finally {
    display.end();
    await account.close();
    await cloud.close();
  }
}

class Quickstart {
  readonly #directory: string;
  readonly #cloud: LocalCloud;
  readonly #account: AwsAccount;
  readonly #display: Display;
  readonly #signal: AbortSignal;
  readonly #startedMs = performance.now();

  constructor(directory: string, cloud: LocalCloud, account: AwsAccount, display: Display, signal: AbortSignal) {
    this.#directory = directory;
    this.#cloud = cloud;
    this.#account = account;
    this.#display = display;
    this.#signal = signal;
  }

  async run(): Promise<QuickstartReport> {
    const boot = [this.#path("boot-1.img"), this.#path("boot-2.img")] as const;
    const data = this.#path("data.img");
    await mkdir(this.#path("restored"));

    this.#display.step("Making an instance with a boot disk and a data disk");
    const disk = await makeBootDisk(boot[0], sizeGib, this.#directory);
    await makeDataDisk(data, sizeGib);
    const server = await startServer(this.#cloud, this.#account.ec2(region), { boot: boot[0], data, sizeGib });
    await makeBucket(this.#account.s3(region));

    const key = randomBytes(32);
    const storage = s3Storage({ account: this.#account, bucket, prefix: "gold" });
    const repository = await Repository.create({ storage, encryption: { key } });
    const policy = new Policy({ name: "gold", account: this.#account, include: [{ tag: { backup: "gold" } }], backup: { repository, auditBlocks: 0 } });

    this.#display.step(`Backing up ${server.instanceId} for the first time`);
    const first = await this.#backUp(policy);
    this.#display.step("Changing some files");
    const changedBlocks = await this.#change(server, disk, boot);
    this.#display.step(`Backing up ${server.instanceId} again`);
    const second = await this.#backUp(policy);

    // Opened anew, as on another machine: with nothing but the storage and the key.
    const reopened = await Repository.open({ storage, encryption: { key } });
    const restores = await this.#restoreAll(reopened, server, { boot, data });
    const soundness = await checkFileSystem(this.#path("restored/1-boot.img"), disk);
    this.#display.step("Verifying the repository");
    const verified = await reopened.verify({ level: "data" });
    const repositoryBytes = this.#cloud.calls.bytesIn({ service: "s3", operation: "PutObject", outcome: "ok" });
    return {
      disk,
      changedBlocks,
      backups: [first, second],
      restores,
      ...(soundness === true && { fileSystemSound: true }),
      verified: { restorePoints: verified.restorePoints, blocks: verified.checkedBlocks, findings: verified.findings.length },
      repositoryBytes,
      costUsd: { requests: requestCost([first.requests, second.requests, restores.requests]), storagePerMonth: storageCost(repositoryBytes) },
      seconds: this.#secondsSince(this.#startedMs),
    };
  }

  async #backUp(policy: Policy) {
    const before = countRequests(this.#cloud.calls);
    const session = policy.run({ signal: this.#signal });
    for await (const event of session) this.#display.show(event);
    return backupReport(await session, this.#requestsSince(before));
  }

  /** Changes files on the boot disk, and the volume with it; gives the number of blocks that are other ones now. */
  async #change(server: Server, disk: DiskKind, [before, after]: readonly [string, string]): Promise<number> {
    await this.#cloud.volumes.exportImage(server.bootVolumeId, after);
    await changeFiles(after, disk, this.#directory);
    let changed = 0;
    for await (const { offset, second } of differingBlocks(before, after)) {
      await this.#cloud.volumes.write(server.bootVolumeId, offset, second);
      changed += 1;
    }
    return changed;
  }

  async #restoreAll(repository: Repository, server: Server, images: { readonly boot: readonly [string, string]; readonly data: string }) {
    const startedMs = performance.now();
    const before = countRequests(this.#cloud.calls);
    const points: RestorePoint[] = [];
    for await (const point of repository.restorePoints()) points.push(point);
    const restore = new Restore({ repository, account: this.#account });
    let bytesCompared = 0;
    for (const [position, point] of points.entries()) {
      this.#display.step(`Restoring the ${position === 0 ? "first" : "second"} point to volumes and images, comparing every byte`);
      const sources = [["boot", server.bootVolumeId, images.boot[position]], ["data", server.dataVolumeId, images.data]] as const;
      for (const [name, volume, source = ""] of sources) {
        const image = this.#path(`restored/${String(position)}-${name}.img`);
        const toImage = restore.image(point, { volume, path: image, signal: this.#signal });
        for await (const event of toImage) this.#display.show(event);
        bytesCompared += await compareImages(source, image);
        const toVolume = restore.volume(point, { volume, availabilityZone: `${region}b`, signal: this.#signal });
        for await (const event of toVolume) this.#display.show(event);
        const copy = this.#path(`restored/${String(position)}-${name}-volume.img`);
        await this.#cloud.volumes.exportImage((await toVolume).volumeId, copy);
        bytesCompared += await compareImages(source, copy);
      }
    }
    if (points.length !== 2) throw new Error(`The repository lists ${String(points.length)} restore points; two were made.`);
    return { volumes: 4, images: 4, bytesCompared, seconds: this.#secondsSince(startedMs), requests: this.#requestsSince(before) };
  }

  #requestsSince(before: Requests): Requests {
    return requestsSince(countRequests(this.#cloud.calls), before);
  }

  #secondsSince(startedMs: number): number {
    return Math.round(performance.now() - startedMs) / 1000;
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}
