/** The shortest whole program: a volume backed up twice, and its first state given back as a file: `npx tsx examples/getting-started.ts` */
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsAccount, directoryStorage, Policy, Repository, Restore, type RestorePoint } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { runExample, type Print } from "./support/run-example.js";

export async function gettingStarted(print: Print): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-"));
  const cloud = await LocalCloud.start();
  const account = new AwsAccount(cloud.connection({ region: "eu-west-1" }));
  try {
    // a volume with something on it: with a real account you have one already
    const volume = await cloud.volumes.create({ sizeGib: 8, availabilityZone: "eu-west-1a" });
    await cloud.volumes.write(volume, 0, Buffer.from("good morning"));

    // where backups go, and what opens it
    const repository = await Repository.create({
      storage: directoryStorage(join(folder, "repository")),
      encryption: { passphrase: "correct horse battery staple" },
    });

    // what is backed up
    const policy = new Policy({ name: "first", account, include: [{ volume }], backup: { repository } });
    const first = await policy.run();
    await cloud.volumes.write(volume, 4_000_000, Buffer.from("good evening"));
    const second = await policy.run();
    for (const { volumes } of [...first.resources, ...second.resources]) print(`${volumes[0]?.method ?? ""}: ${String(volumes[0]?.blocks.read ?? 0)} blocks read`);

    // opened anew, as any machine could that has the storage and the passphrase
    const opened = await Repository.open({ storage: directoryStorage(join(folder, "repository")), encryption: { passphrase: "correct horse battery staple" } });
    const points: RestorePoint[] = [];
    for await (const point of opened.restorePoints()) points.push(point);
    print(`${String(points.length)} restore points`);

    // no AWS is needed for this: the restore point becomes a file
    const path = join(folder, "disk.img");
    const [oldest] = points;
    if (oldest !== undefined) await new Restore({ repository: opened }).image(oldest, { path });
    print(`restored: ${await textAt(path, 0, "good morning".length)}`);
  } finally {
    await account.close();
    await cloud.close();
    await rm(folder, { recursive: true });
  }
}

async function textAt(path: string, offset: number, length: number): Promise<string> {
  const file = await open(path);
  try {
    return (await file.read(Buffer.alloc(length), 0, length, offset)).buffer.toString();
  } finally {
    await file.close();
  }
}

await runExample(import.meta.url, gettingStarted);
