import type { Repository } from "../repository/repository.js";
import type { RepositoryWorkers } from "../repository/workers/repository-workers.js";
import type { WorkLabels, Workers } from "../workers/index.js";

/** A policy's workers for what is done in repositories; none where they are in this process, or where other machines cannot reach one of the repositories. */
export function repositoryWorkers(workers: Workers, labels: WorkLabels, repositories: readonly Repository[]): RepositoryWorkers | undefined {
  const work = workers.workInRepository?.bind(workers);
  const isReachable = repositories.every(({ storage }) => storage.region !== undefined);
  if (work === undefined || workers.isInProcess !== false || !isReachable) return undefined;
  return { isInProcess: false, workInRepository: async (task) => await work(task, labels) };
}
