import { ConfigurationError } from "../../errors/index.js";
import type { Tags } from "../../ports/index.js";
import type { RepositoryTask, RepositoryWork } from "../../repository/workers/repository-workers.js";
import type { WorkerFleet } from "../fleet/worker-fleet.js";
import type { PoolContext } from "../pool-context.js";
import { chooseProfile, type WorkerOperation } from "../profiles/choose-profile.js";
import { accessOf } from "../roles/temporary-role.js";
import { EventRelay } from "./event-relay.js";
import { repositoryAccess } from "./remote-secrets.js";
import { runTask } from "./run-task.js";

const operationOf: Readonly<Record<RepositoryWork["kind"], WorkerOperation>> = { copy: "archive", verify: "verification", collect: "retention" };

/** For whom the work is: a policy, where it is for one. */
export interface RepositoryWorkLabels {
  readonly policy: string | undefined;
  /** Of a worker that is launched for it. */
  readonly tags: Tags;
}

/** Has a worker in a repository's region do work there to its end (docs/workers.md, section 10): it commits by itself, and nothing is held after its outcome. */
export async function workInRepository(context: PoolContext, fleet: WorkerFleet, task: RepositoryTask, { policy, tags }: RepositoryWorkLabels): Promise<unknown> {
  const { work, repository, target, signal, onEvent, onLost } = task;
  const { region } = repository.place;
  const { options } = context;
  assertHasNetwork(context, region);
  const secrets = {
    repository: await repositoryAccess(context, repository, "the repository's account", { signal }),
    ...(target !== undefined && { target: await repositoryAccess(context, target, "the target's account", { signal }) }),
  };
  const operation = operationOf[work.kind];
  const access = await accessOf(options, { operation, secrets, isImmutable: repository.isImmutable, isTargetImmutable: target?.isImmutable }, { signal });
  const relay = new EventRelay((event) => onEvent?.(event));
  let losses = 0;
  const { result, told, attempt } = await runTask(context, fleet, {
    need: { region, profile: chooseProfile(options.profiles, { operation, sizeBytes: 0 }), policy, access, tags, signal },
    work,
    secrets,
    onStatus: (status) => {
      if (status.told !== undefined) relay.pass(status.told);
    },
    onLost: (reason) => {
      relay.restart();
      onLost?.(++losses, reason);
    },
  });
  if (told !== undefined) relay.pass(told);
  attempt.hold();
  await attempt.release();
  return result;
}

/** Where workers have no public addresses, a region without subnets of theirs is one that no worker can work in. */
function assertHasNetwork({ options: { privateNetworking, networks } }: PoolContext, region: string): void {
  if (!privateNetworking || networks[region] !== undefined) return;
  throw new ConfigurationError(`networks["${region}"]: must name the private subnets of the region in which the repository lies, where workers copy, verify and collect. createNetwork("${region}") makes them.`, {
    code: "InvalidOption",
    context: { path: `networks["${region}"]`, region },
  });
}
