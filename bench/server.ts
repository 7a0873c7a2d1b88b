// The local cloud in a process of its own, so that its work is not counted as the engine's. It answers a line on its standard
// input by a line of JSON: the calls since the line before. It ends when its standard input does.
import { createInterface } from "node:readline";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { LocalCloud } from "../src/local/index.js";

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

const bucket = "holdfast-bench";
const cloud = await LocalCloud.start({ directory: process.argv[2] ?? "" });
const connection = cloud.connection({ region: "eu-west-1" });
const client = new S3Client({ ...connection, forcePathStyle: true });
await client.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }));
client.destroy();
cloud.calls.clear();
const facts: ServerFacts = { ...connection, bucket };
process.stdout.write(`${JSON.stringify(facts)}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== "calls") throw new Error(`The server knows no "${line}".`);
  const { calls } = cloud;
  const counted: ServerCalls = {
    requests: calls.count(),
    puts: calls.count({ service: "s3", operation: "PutObject" }),
    gets: calls.count({ service: "s3", operation: "GetObject" }),
    bytesToServer: calls.bytesIn(),
    bytesFromServer: calls.bytesOut(),
  };
  calls.clear();
  process.stdout.write(`${JSON.stringify(counted)}\n`);
}
await cloud.close();
