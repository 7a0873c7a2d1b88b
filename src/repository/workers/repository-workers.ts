import { withMethods } from "../../options/schemas.js";
import type { CallOptions } from "../../ports/index.js";
import type { RepositoryHandOver } from "../hand-over.js";

/** Who works in a repository on other machines, near to where it lies: a `WorkerPool` on EC2. With workers in this very process nothing is different. */
export interface RepositoryWorkers {
  /** Whether they are in this very process: then the work is done where it is asked for. */
  readonly isInProcess: boolean;
  /**
   * Has a worker do a piece of work to its end; gives what the worker says that it did, and raises what it raised.
   *
   * @internal
   */
  workInRepository(task: RepositoryTask): Promise<unknown>;
}

/** Work that another machine can do in a repository (docs/workers.md, section 10). JSON, and no secret. */
export type RepositoryWork =
  | { readonly kind: "copy"; readonly restorePoint: string; readonly isFull: boolean }
  | { readonly kind: "verify"; readonly options: VerifyWorkOptions }
  | { readonly kind: "collect"; readonly options: CollectWorkOptions };

/** A verification's options as another machine is told them. */
export interface VerifyWorkOptions {
  readonly level: "metadata" | "presence" | "data";
  readonly sample: number;
  readonly budget?: { readonly bytes?: number | undefined; readonly durationMs?: number | undefined } | undefined;
  /** ISO 8601. */
  readonly since?: string | undefined;
  readonly quarantine: boolean;
}

/** A collection's options as another machine is told them. */
export interface CollectWorkOptions {
  readonly dryRun?: boolean | undefined;
  readonly graceHours?: number | undefined;
  readonly orphanDays?: number | undefined;
  readonly maxFreedShare?: number | undefined;
  readonly waitMinutes?: number | undefined;
}

/** Something that happens in the work; of those whose type ends with `:progress` the newest says all. */
export interface WorkEvent {
  readonly type: string;
  readonly [fact: string]: unknown;
}

/** A piece of work for a worker. */
export interface RepositoryTask extends CallOptions {
  readonly work: RepositoryWork;
  /** Where the work is, with the keys of the narrowest role that can do it. */
  readonly repository: RepositoryHandOver;
  /** Of a copy: where it goes. */
  readonly target?: RepositoryHandOver | undefined;
  readonly onEvent?: ((event: WorkEvent) => void) | undefined;
  /** Called where a worker was lost, for the how-manyth time and why: another begins the work anew. */
  readonly onLost?: ((losses: number, reason: string) => void) | undefined;
}

/** The workers, where the work is theirs: those in this process are as good as none. */
export function workersElsewhere(workers: RepositoryWorkers | undefined): RepositoryWorkers | undefined {
  return workers?.isInProcess === false ? workers : undefined;
}

/** The option `workers` of what can be done elsewhere. */
export const workersSchema = withMethods<RepositoryWorkers>(["workInRepository"], "must be workers, from new WorkerPool().").optional();
