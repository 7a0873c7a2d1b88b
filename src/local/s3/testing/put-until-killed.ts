/** A process for a crash test: puts objects and prints the key of each one that it was told is stored, until it is killed. */
import { createHash } from "node:crypto";
import { argv, stdout } from "node:process";
import { LocalClock } from "../../local-clock.js";
import { RequestRates } from "../access/request-rates.js";
import { createBucket } from "../operations/bucket/create-bucket.js";
import { deleteObject } from "../operations/delete-object.js";
import { putObject } from "../operations/put-object.js";
import { DEFAULT_RESTORATION_TIMES_MS } from "../operations/restoration.js";
import { S3Storage } from "../s3-storage.js";

const LANES = 4;
const KEPT_PER_LANE = 20;

const [, , directory = "", seed = ""] = argv;
const clock = new LocalClock();
const storage = await S3Storage.open({ directory, clock, durable: false });
const environment = { storage, clock, rates: new RequestRates(storage.limits), restorationTimes: DEFAULT_RESTORATION_TIMES_MS };
const context = {
  accountId: "111122223333",
  region: "us-east-1",
  principalArn: "arn:aws:iam::111122223333:user/tester",
  requestId: "request",
  clock,
  headers: {},
  signal: new AbortController().signal,
};
if (storage.buckets().length === 0) await createBucket(environment, { Bucket: "crash" }, context);

async function run(lane: number): Promise<never> {
  for (let at = 0; ; at++) {
    const key = `${seed}/${lane}/${at}`;
    await putObject(environment, { Bucket: "crash", Key: key, Body: contentOf(key) }, context);
    stdout.write(`put ${key}\n`);
    if (at < KEPT_PER_LANE) continue;
    const old = `${seed}/${lane}/${at - KEPT_PER_LANE}`;
    stdout.write(`deleting ${old}\n`);
    await deleteObject(environment, { Bucket: "crash", Key: old }, context);
    stdout.write(`deleted ${old}\n`);
  }
}

/** Bytes that follow from the key, of sizes from nothing to a few hundred kilobytes. */
function contentOf(key: string): Buffer {
  const digest = createHash("sha256").update(key).digest();
  return Buffer.alloc((digest[0] ?? 0) * 1500, digest);
}

await Promise.all(Array.from({ length: LANES }, (_, lane) => run(lane)));
