import type { AwsAccount, Policy, PolicyOptions, PolicyReferences, Repository, Restore, RestorePoint, RetentionPoint, WorkerPool, WorkerPoolOptions } from "holdfast";
import type { LocalCloud } from "holdfast/local";

// What the blocks of the documents take for granted: what a reader has from the lines before, or of his own.
declare global {
  const account: AwsAccount;
  const backup: AwsAccount;
  const production: AwsAccount;
  const administrator: AwsAccount;
  const cloud: LocalCloud;
  const repository: Repository;
  const archiveRepository: Repository;
  const archive: Repository;
  const policy: Policy;
  const restore: Restore;
  const workers: WorkerPool;
  const workerOptions: WorkerPoolOptions;
  const point: RestorePoint;
  const points: readonly RetentionPoint[];
  const options: PolicyOptions;
  const references: PolicyReferences;
  const bucket: string;
  const passphrase: string;
  const secret: string;
  const password: string;
  const externalId: string;
  const topicArn: string;
  const text: string;
  const signal: AbortSignal;
}
