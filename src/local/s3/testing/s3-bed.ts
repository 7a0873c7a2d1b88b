import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalClock } from "../../local-clock.js";
import { ServiceError, type RequestContext, type StreamingOutput } from "../../service.js";
import { RequestRates } from "../access/request-rates.js";
import { createBucket } from "../operations/bucket/create-bucket.js";
import { DEFAULT_RESTORATION_TIMES_MS } from "../operations/restoration.js";
import type { S3Environment } from "../s3-environment.js";
import { S3Storage } from "../s3-storage.js";
import type { S3Limits } from "../s3-storage-options.js";

export const BED_ACCOUNT = "111122223333";
export const BED_REGION = "eu-west-1";

type S3Function<Input, Output> = (environment: S3Environment, input: Input, context: RequestContext) => Promise<Output>;

/** The local S3 in a temporary folder, its operations called as functions. */
export class S3Bed {
  readonly directory: string;
  readonly clock: LocalClock;
  readonly #limits: S3Limits;
  readonly #rates: RequestRates;
  #storage: S3Storage;

  private constructor(directory: string, clock: LocalClock, limits: S3Limits, storage: S3Storage) {
    this.directory = directory;
    this.clock = clock;
    this.#limits = limits;
    this.#storage = storage;
    this.#rates = new RequestRates(storage.limits);
  }

  static async open(limits: S3Limits = {}): Promise<S3Bed> {
    const directory = await mkdtemp(join(tmpdir(), "holdfast-s3-"));
    const clock = new LocalClock();
    return new S3Bed(directory, clock, limits, await S3Storage.open({ directory, clock, limits, durable: false }));
  }

  get storage(): S3Storage {
    return this.#storage;
  }

  async call<Input, Output>(
    operation: S3Function<Input, Output>,
    input: Input,
    context: Partial<RequestContext> = {},
  ): Promise<Output> {
    const environment: S3Environment = {
      storage: this.#storage,
      clock: this.clock,
      rates: this.#rates,
      restorationTimes: DEFAULT_RESTORATION_TIMES_MS,
    };
    return operation(environment, input, { ...this.#context(), ...context });
  }

  /** The error's code with which a call is refused. */
  async refusal<Input, Output>(
    operation: S3Function<Input, Output>,
    input: Input,
    context: Partial<RequestContext> = {},
  ): Promise<string> {
    try {
      await this.call(operation, input, context);
    } catch (error) {
      if (error instanceof ServiceError) return `${error.status} ${error.code}`;
      throw error;
    }
    return "succeeded";
  }

  async createBucket(name: string, options: { readonly objectLock?: boolean } = {}): Promise<void> {
    await this.call(createBucket, {
      Bucket: name,
      CreateBucketConfiguration: { LocationConstraint: BED_REGION },
      ObjectLockEnabledForBucket: options.objectLock,
    });
  }

  /** Opens the storage anew from what is on disk, as after a restart. */
  async restart(): Promise<void> {
    await this.#storage.close();
    this.#storage = await S3Storage.open({ directory: this.directory, clock: this.clock, limits: this.#limits, durable: false });
  }

  async close(): Promise<void> {
    await this.#storage.close();
    await rm(this.directory, { recursive: true });
  }

  #context(): RequestContext {
    return {
      accountId: BED_ACCOUNT,
      region: BED_REGION,
      principalArn: `arn:aws:iam::${BED_ACCOUNT}:user/tester`,
      requestId: "request",
      clock: this.clock,
      headers: {},
      signal: new AbortController().signal,
    };
  }
}

export async function readBody(body: StreamingOutput): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
