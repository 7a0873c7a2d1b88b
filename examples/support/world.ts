import { randomBytes } from "node:crypto";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, Repository, s3Storage, type Clock } from "holdfast";
import { LocalCloud } from "holdfast/local";

export const region = "eu-west-1";
const blockBytes = 524_288;

// What the AWS SDK says about coming versions of Node is for whoever builds on it, not in the middle of an example.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

/** What an example plays in: a local cloud in a temporary directory, with one account. With a real account, leave the cloud out. */
export interface World {
  readonly cloud: LocalCloud;
  readonly account: AwsAccount;
}

/** Plays `scene` in a new world, which is gone afterwards. */
export async function inWorld(scene: (world: World) => Promise<void>): Promise<void> {
  const cloud = await LocalCloud.start({ durable: false });
  const account = new AwsAccount(cloud.connection({ region }));
  try {
    await scene({ cloud, account });
  } finally {
    await account.close();
    await cloud.close();
  }
}

/** What is on a disk: for each block with data, its 512 KiB. All other blocks are zeros. */
export type DiskData = Map<number, Buffer>;

/** `blocks` blocks of noise, scattered. */
export function noise(blocks: number): DiskData {
  return new Map(Array.from({ length: blocks }, (_, index) => [index * 7, randomBytes(blockBytes)]));
}

/** A volume of 1 GiB with this data on it. */
export async function makeVolume(world: World, data: DiskData): Promise<string> {
  const volumeId = await world.cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
  for (const [index, block] of data) await writeBlock(world, volumeId, index, block);
  return volumeId;
}

/** Writes to a volume behind the engine's back, as its owner does. */
export async function writeBlock({ cloud }: World, volumeId: string, index: number, block: Buffer = randomBytes(blockBytes)): Promise<void> {
  await cloud.volumes.write(volumeId, index * blockBytes, block);
}

/** Whether a volume of 1 GiB is this, byte for byte, zeros included. */
export async function holds({ cloud }: World, volumeId: string, data: DiskData): Promise<boolean> {
  const zeros = Buffer.alloc(blockBytes);
  for (let index = 0; index < 2 ** 30 / blockBytes; index++) {
    const block = await cloud.volumes.read(volumeId, { offset: index * blockBytes, length: blockBytes });
    if (!block.equals(data.get(index) ?? zeros)) return false;
  }
  return true;
}

/** A bucket; with `lockable`, one whose objects can be locked. */
export async function makeBucket(account: AwsAccount, bucket: string, lockable = false): Promise<string> {
  await account.s3(region).send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region }, ...(lockable && { ObjectLockEnabledForBucket: true }) }));
  return bucket;
}

/** A repository in a bucket of its own; with a clock, in that clock's time. */
export async function makeRepository(account: AwsAccount, clock?: Clock): Promise<Repository> {
  const storage = s3Storage({ account, bucket: await makeBucket(account, "backups"), prefix: "gold" });
  return await Repository.create({ storage, encryption: { key: randomBytes(32) } }, clock && { clock });
}
