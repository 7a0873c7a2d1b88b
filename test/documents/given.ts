import type * as vitest from "vitest";
import type { createWriteStream as createWriteStreamOfNode } from "node:fs";
import type { writeFile as writeFileOfNode } from "node:fs/promises";
import type { pipeline as pipelineOfNode } from "node:stream/promises";
import type { S3Client as S3ClientOfAws } from "@aws-sdk/client-s3";
import type { AwsAccount, BlockReader, FileSystem, GetOptions, ImageBackup, ObjectStorage, ObjectStore, Policy, PolicyOptions, PolicyReferences, RecoveryRecord, Repository, RepositoryOptions, Restore, RestorePoint, RetentionPoint, Selector, WorkerPool, WorkerPoolOptions } from "holdfast";
import type { LocalCloud } from "holdfast/local";
import type { ObjectStoreConformanceOptions, ObjectVersionsConformanceOptions, OpenedBlockWriter, OpenedNotifier } from "holdfast/testing";

// What the blocks of the documents and the examples in docstrings take for granted: what a reader has from the lines before, or of his own.
declare global {
  const account: AwsAccount;
  const backup: AwsAccount;
  const production: AwsAccount;
  const administrator: AwsAccount;
  const cloud: LocalCloud;
  const storage: ObjectStorage;
  const repository: Repository;
  const archiveRepository: Repository;
  const archive: Repository;
  const second: RepositoryOptions;
  const policy: Policy;
  const silver: Policy;
  const include: readonly Selector[];
  const options: PolicyOptions;
  const references: PolicyReferences;
  const restore: Restore;
  const fileSystem: FileSystem;
  const workers: WorkerPool;
  const workerOptions: WorkerPoolOptions;
  const point: RestorePoint;
  const points: readonly RetentionPoint[];
  const inner: ObjectStore;
  const MyObjectStore: new (folder?: string) => ObjectStore;
  const imageBackup: ImageBackup;

  const bucket: string;
  const configurationBucket: string;
  const principal: string;
  const resource: string;
  const id: string;
  const subnetId: string;
  const securityGroupIds: readonly string[];
  const lastPoint: string;
  const dirtyBlocks: AsyncIterable<number>;
  const since: Date;
  const passphrase: string;
  const secret: string;
  const password: string;
  const externalId: string;
  const topicArn: string;
  const text: string;
  const name: string;
  const bytes: Uint8Array;
  const range: NonNullable<GetOptions["range"]>;
  const signal: AbortSignal;
  const save: (record: RecoveryRecord) => Promise<void>;
  const isOpen: (host: string | undefined, port: unknown) => Promise<boolean>;

  const open: ObjectStoreConformanceOptions["open"] & ObjectVersionsConformanceOptions["open"];
  const openMine: <Opened extends BlockReader & OpenedBlockWriter>(content: unknown) => Promise<Opened>;
  const openChatWithItsServer: () => Promise<OpenedNotifier>;
  const emptyFolder: () => Promise<string>;

  // what is imported in every program, and would only be in the way of an example
  const describe: typeof vitest.describe;
  const it: typeof vitest.it;
  const writeFile: typeof writeFileOfNode;
  const createWriteStream: typeof createWriteStreamOfNode;
  const pipeline: typeof pipelineOfNode;
  const S3Client: typeof S3ClientOfAws;
}
