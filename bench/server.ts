// The local cloud in a process of its own, so that its work is not counted as the engine's. It answers each request, a line of
// JSON on its standard input, by another on its standard output. It ends when its standard input does.
import { createInterface } from "node:readline";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { LocalCloud } from "../src/local/index.js";
import { expectImage, makeVolume, writeBlocks } from "./server-volumes.js";

/** What the engine's processes need to reach the server. */
export interface ServerFacts {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly bucket: string;
}

/** The calls of one phase, as the server counted them. */
export interface ServerCalls {
  readonly requests: number;
  readonly puts: number;
  readonly gets: number;
  readonly bytesToServer: number;
  readonly bytesFromServer: number;
}

/** What is asked of the server, and what it answers. */
export type ServerRequest =
  /** `ServerCalls` since this was asked last. */
  | { readonly ask: "calls" }
  /** A new volume with what the image holds: its id. */
  | { readonly ask: "volume"; readonly imagePath: string }
  /** The volume now holds these blocks of the image: null. */
  | { readonly ask: "write"; readonly volumeId: string; readonly imagePath: string; readonly blocks: readonly number[] }
  /** Block reads begin so much later, from now on: null. */
  | { readonly ask: "latency"; readonly ms: number }
  /** Whether the volume holds what the image does: null, or the server ends. */
  | { readonly ask: "compare"; readonly volumeId: string; readonly imagePath: string };

const bucket = "holdfast-bench";
const region = "eu-west-1";
// AWS's quotas would be what is measured otherwise
const cloud = await LocalCloud.start({ directory: process.argv[2] ?? "", limits: { blocks: "none" } });
const connection = cloud.connection({ region });
const client = new S3Client({ ...connection, forcePathStyle: true });
await client.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
client.destroy();
cloud.calls.clear();
let endLatency = (): void => undefined;
const facts: ServerFacts = { ...connection, bucket };
process.stdout.write(`${JSON.stringify(facts)}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as ServerRequest))}\n`);
}
await cloud.close();

async function answer(request: ServerRequest): Promise<ServerCalls | string | null> {
  switch (request.ask) {
    case "calls":
      return takeCalls();
    case "volume":
      return await makeVolume(cloud, request.imagePath, `${region}a`);
    case "write":
      await writeBlocks(cloud, request.volumeId, request.imagePath, request.blocks);
      return null;
    case "latency":
      endLatency();
      endLatency = request.ms === 0 ? () => undefined : cloud.faults.inject({ kind: "latency", ms: request.ms, service: "ebs", operation: "GetSnapshotBlock" });
      return null;
    case "compare":
      await expectImage(cloud, request.volumeId, request.imagePath);
      return null;
  }
}

function takeCalls(): ServerCalls {
  const { calls } = cloud;
  const counted: ServerCalls = {
    requests: calls.count(),
    puts: calls.count({ service: "s3", operation: "PutObject" }),
    gets: calls.count({ service: "s3", operation: "GetObject" }),
    bytesToServer: calls.bytesIn(),
    bytesFromServer: calls.bytesOut(),
  };
  calls.clear();
  return counted;
}
