import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutBucketVersioningCommand } from "@aws-sdk/client-s3";
import { it } from "vitest";
import { AwsAccount } from "../../src/adapters/aws/aws-account.js";
import { s3Storage } from "../../src/adapters/aws/s3/s3-storage.js";
import type { ObjectStore } from "../../src/ports/index.js";
import type { ServerProcess } from "./server-process.js";

/** What a bucket is made with. */
export type BucketKind = "plain" | "versioned" | "locking";

/** An independent server with an account that calls it, and stores in buckets of their own. */
export class IndependentBed {
  readonly account: AwsAccount;
  readonly #server: ServerProcess;
  readonly #scratch: string;
  #buckets = 0;

  private constructor(server: ServerProcess, scratch: string) {
    this.#server = server;
    this.#scratch = scratch;
    this.account = new AwsAccount({ region: "us-east-1", endpoint: server.endpoint, credentials: { accessKeyId: "independent", secretAccessKey: "independent" } });
  }

  /** `start` installs the server in a folder that is removed in the end, and starts it. */
  static async open(start: (folder: string) => Promise<ServerProcess>): Promise<IndependentBed> {
    const scratch = await mkdtemp(join(tmpdir(), "holdfast-independent-s3-"));
    try {
      return new IndependentBed(await start(scratch), scratch);
    } catch (error) {
      await rm(scratch, { recursive: true, force: true });
      throw error;
    }
  }

  async openStore(kind: BucketKind): Promise<ObjectStore> {
    const bucket = `holdfast-${(this.#buckets += 1)}`;
    const s3 = this.account.s3("us-east-1");
    await s3.send(new CreateBucketCommand({ Bucket: bucket, ...(kind === "locking" ? { ObjectLockEnabledForBucket: true } : {}) }));
    if (kind !== "plain") await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }));
    return await this.#open(bucket);
  }

  /** The same place again, as another process would open it. */
  async reopen({ location }: ObjectStore): Promise<ObjectStore> {
    return await this.#open(location.split("/")[2] ?? "");
  }

  async #open(bucket: string): Promise<ObjectStore> {
    return await s3Storage({ account: this.account, bucket, prefix: "repositories/gold" }).openStore();
  }

  async close(): Promise<void> {
    await this.account.close();
    await this.#server.stop();
    await rm(this.#scratch, { recursive: true, force: true });
  }
}

/** Declares the tests of a suite; one that the server itself must fail, for the reason given, has to fail. */
export function testsExcept(faults: Readonly<Record<string, string>>): (name: string, run: () => Promise<void>) => void {
  return (name, run) => {
    const reason = faults[name];
    if (reason === undefined) it(name, run);
    else it.fails(`${name} (not here: ${reason})`, run);
  };
}
