// The local cloud in a process of its own, so that what it takes is not counted as the engine's. It ends with its parent.
import { DeleteVolumeCommand, DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { LocalCloud } from "../../../src/local/index.js";
import { blockBytes, blockOf, digestOf, zeroBlock } from "./contents.js";
import { measureObjects, takeInventory } from "./inventory.js";
import { buckets, home, type BlockWrite, type CloudAsks, type CloudFacts, type CloudMeasure } from "./requests.js";

type Answers = { readonly [Ask in keyof CloudAsks]: (given: CloudAsks[Ask]["given"]) => Promise<CloudAsks[Ask]["answer"]> };

const mib = 2 ** 20;
const [directory = "", seed = "1"] = process.argv.slice(2);
const cloud = await LocalCloud.start({ directory, durable: false, faults: { seed: Number(seed) }, limits: { blocks: { visibleAfterMs: 20, shortPages: 0.3 } } });
await makeBuckets();

const answers: Answers = {
  advance: async ({ ms }) => {
    cloud.clock.advance(ms);
    return null;
  },
  faults: async ({ rules }) => {
    cloud.faults.removeAll();
    for (const rule of rules) cloud.faults.inject(rule);
    return null;
  },
  volume: async ({ sizeGib, plan }) => await cloud.volumes.create({ sizeGib, availabilityZone: `${home}a`, tags: { plan } }),
  write: async ({ volumeId, blocks }) => {
    const digests: string[] = [];
    for (const block of blocks) digests.push(await write(volumeId, block));
    return digests;
  },
  digests: async ({ volumeId, blocks }) => {
    const digests: string[] = [];
    for (const index of blocks) digests.push(digestOf(await cloud.volumes.read(volumeId, { offset: index * blockBytes, length: blockBytes })));
    return digests;
  },
  disks: async ({ instanceId }) => {
    const { Reservations = [] } = await withEc2(async (client) => await client.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] })));
    return (Reservations[0]?.Instances?.[0]?.BlockDeviceMappings ?? []).map(({ DeviceName, Ebs }) => [DeviceName ?? "", Ebs?.VolumeId ?? ""] as const);
  },
  deleteVolume: async ({ volumeId }) => {
    await withEc2(async (client) => await client.send(new DeleteVolumeCommand({ VolumeId: volumeId })));
    return null;
  },
  measure,
  inventory: async () => await takeInventory(cloud),
};

process.on("message", ({ id, ask, given }: { readonly id: number; readonly ask: keyof CloudAsks; readonly given: never }) => {
  answers[ask](given).then(
    (answer) => process.send?.({ id, answer }),
    (error: unknown) => process.send?.({ id, error: `${ask}: ${String(error)}` }),
  );
});
process.once("disconnect", () => {
  void cloud.close();
});
process.send?.({ facts: cloud.connection({ region: home }) satisfies CloudFacts });

async function makeBuckets(): Promise<void> {
  const client = new S3Client({ ...cloud.connection({ region: home }), forcePathStyle: true });
  for (const Bucket of buckets) await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: home }, ObjectLockEnabledForBucket: Bucket === "vault" }));
  client.destroy();
}

async function write(volumeId: string, { index, content }: BlockWrite): Promise<string> {
  const offset = index * blockBytes;
  const block = typeof content === "number" ? blockOf(content) : zeroBlock;
  if (content === "nothing") await cloud.volumes.trim(volumeId, { offset, length: blockBytes });
  else await cloud.volumes.write(volumeId, offset, block);
  return digestOf(block);
}

async function withEc2<Result>(call: (client: EC2Client) => Promise<Result>): Promise<Result> {
  const client = new EC2Client({ ...cloud.connection({ region: home }) });
  try {
    return await call(client);
  } finally {
    client.destroy();
  }
}

async function measure(): Promise<CloudMeasure> {
  const { objects, storedBytes } = await measureObjects(cloud);
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMib: rss / mib, heapUsedMib: heapUsed / mib, objects, storedMib: storedBytes / mib, faultsMet: cloud.faults.counts().reduce((sum, { met }) => sum + met, 0), calls: cloud.calls.count() };
}
