import { CreateBucketCommand, type CreateBucketCommandInput } from "@aws-sdk/client-s3";
import { LocalCloud } from "../../src/local/index.js";
import type { ObjectStore } from "../../src/ports/index.js";
import { AwsAccount } from "../../src/adapters/aws/aws-account.js";
import type { AwsLimits } from "../../src/adapters/aws/limits/aws-limits.js";
import { s3Storage } from "../../src/adapters/aws/s3/s3-storage.js";
import type { S3StorageOptions } from "../../src/adapters/aws/s3/s3-storage-options.js";

export const region = "eu-west-1";

/** Short waits and limits, so that what must be waited for comes soon. */
const quick: AwsLimits = { baseDelayMs: 2, maxDelayMs: 50, totalTimeoutMs: 20_000, attemptTimeoutMs: 5_000, connectTimeoutMs: 1_000, firstByteTimeoutMs: 1_000, bodyIdleTimeoutMs: 1_000 };

/** A local cloud with a bucket, and an account that calls it. */
export class S3Bed {
  readonly cloud: LocalCloud;
  readonly account: AwsAccount;
  readonly #accounts: AwsAccount[] = [];
  #buckets = 0;

  private constructor(cloud: LocalCloud) {
    this.cloud = cloud;
    this.account = this.openAccount();
  }

  static async open(options: Parameters<typeof LocalCloud.start>[0] = {}): Promise<S3Bed> {
    return new S3Bed(await LocalCloud.start({ durable: false, ...options }));
  }

  openAccount(limits: AwsLimits = {}): AwsAccount {
    const account = new AwsAccount({ ...this.cloud.connection({ region }), limits: { ...quick, ...limits } });
    this.#accounts.push(account);
    return account;
  }

  async makeBucket(input: Partial<CreateBucketCommandInput> = {}, bucketRegion = region): Promise<string> {
    const Bucket = `bucket-${(this.#buckets += 1)}`;
    await this.account.s3(bucketRegion).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: bucketRegion as "eu-west-1" }, ...input }));
    return Bucket;
  }

  /** A store in a bucket of its own, unless one is named. */
  async openStore(options: Partial<S3StorageOptions> = {}): Promise<ObjectStore> {
    const bucket = options.bucket ?? (await this.makeBucket());
    return await s3Storage({ account: this.account, bucket, prefix: "repositories/gold", ...options }).openStore();
  }

  async close(): Promise<void> {
    for (const account of this.#accounts) await account.close();
    await this.cloud.close();
  }
}
