import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsAccount, Policy, Repository, s3Storage, sessionReport, type Clock } from "holdfast";
import { LocalCloud } from "holdfast/local";

const region = "eu-west-1";
const blockBytes = 524_288;
const dayMs = 86_400_000;

/** Where the three reports are. */
export interface WrittenReports {
  readonly session: string;
  readonly policy: string;
  readonly coverage: string;
}

/** Backs up two volumes of a local cloud for some days, one of which goes wrong, and writes the three reports into `folder`. */
export async function writeReports(folder: string, days: number): Promise<WrittenReports> {
  await mkdir(folder, { recursive: true });
  const cloud = await LocalCloud.start({ durable: false });
  // the cloud's time passes by days; the engine goes by the same
  const clock: Clock = { now: () => cloud.clock.now(), monotonicMs: () => performance.now(), sleep: async (ms, signal) => await sleep(ms, undefined, { signal }) };
  const account = new AwsAccount(cloud.connection({ region }));
  try {
    await account.s3(region).send(new CreateBucketCommand({ Bucket: "backups", CreateBucketConfiguration: { LocationConstraint: region }, ObjectLockEnabledForBucket: true }));
    const repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption: { key: randomBytes(32) }, immutability: { mode: "GOVERNANCE", generationDays: 3 } }, { clock });
    const policy = new Policy(
      {
        name: "gold",
        account,
        include: [{ tag: { backup: "gold" } }],
        schedule: { daily: { hours: [2] } },
        backup: { repository, retention: { daily: 14, weekly: 4, monthly: 12 }, auditBlocks: 0 },
        retries: 0,
      },
      { clock },
    );
    const volumes = [await volume(cloud, "web", "gold"), await volume(cloud, "database", "gold")];
    await volume(cloud, "scratch <script>alert(1)</script>", "none");
    for (let day = 0; day < days; day++) {
      for (const [index, id] of volumes.entries()) await cloud.volumes.write(id, ((day * 3 + index) % 40) * blockBytes, randomBytes(blockBytes * (1 + ((day * 7 + index * 3) % 5))));
      const allow = day === days - 2 ? cloud.deny({ action: "ec2:CreateSnapshot", resource: `*${volumes[1] ?? ""}` }) : undefined;
      // a night that goes wrong is in the reports
      await policy.run().catch(() => undefined);
      allow?.();
      cloud.clock.advance(dayMs);
    }
    return await write(folder, policy);
  } finally {
    await account.close();
    await cloud.close();
  }
}

async function write(folder: string, policy: Policy): Promise<WrittenReports> {
  const paths = { session: join(folder, "session.html"), policy: join(folder, "policy.html"), coverage: join(folder, "coverage.html") };
  for await (const record of policy.sessions()) if (record.state === "failed") await writeFile(paths.session, sessionReport(record));
  await writeFile(paths.policy, await policy.report());
  await writeFile(paths.coverage, await policy.coverageReport());
  return paths;
}

async function volume(cloud: LocalCloud, name: string, backup: string): Promise<string> {
  const id = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a`, tags: { Name: name, backup } });
  await cloud.volumes.write(id, 0, Buffer.alloc(24 * blockBytes, `${name} `));
  return id;
}
