import { HoldfastError, ProviderError } from "../../errors/index.js";
import { helloDocument } from "../../mover/protocol/documents.js";
import { controlNames } from "../../mover/protocol/object-names.js";
import type { CallOptions, WorkerArchitecture, WorkerCompute, WorkerImage, WorkerInstance, WorkerSubnet } from "../../ports/index.js";
import { userData } from "../bootstrap/user-data.js";
import { choosePlaces, type WorkerPlace } from "../placement/choose-places.js";
import type { PoolContext } from "../pool-context.js";
import { architectureOf, typesOf } from "../profiles/choose-profile.js";
import { makeTemporaryRole } from "../roles/temporary-role.js";
import type { FleetWorker } from "./fleet-worker.js";

/** Of these refusals another place may be the answer. */
const tryElsewhere: readonly string[] = ["InsufficientCapacity", "NoFreeAddresses", "NotOffered", "QuotaExceeded", "SpotRefused"];
/** What the operating system, the mover and its digests of written blocks need: 4 GiB of them for a volume of 64 TiB. */
const minRootGib = 16;
/** On top of a task's time: the bootstrap and the last words of the mover, and for so long from its launch on a warm worker begins tasks, each of which has its whole time then. */
const spareSeconds = 3_600;
/** Of that, what the last words may take. */
const lastWordsSeconds = 300;
/** IAM is eventually consistent: what was made is mostly known within seconds, and AWS gives no limit (IAM user guide, "Changes that I make are not always immediately visible"). */
const profileKnownWithinMs = 120_000;
const profilePollMs = 2_000;
/** S3 too learns of a role after a while: so many tries of a worker to fetch its data mover take 66 s. */
const newRoleFetches = 12;
/** Tries in all: each may take EC2 seconds. */
const maxPlaces = 24;

/** Whether a worker lives long enough for a whole task that begins now. */
export function hasTimeForTask({ clock }: Pick<PoolContext, "clock">, { launchedMs }: Pick<FleetWorker, "launchedMs">): boolean {
  return launchedMs === undefined || clock.monotonicMs() - launchedMs < (spareSeconds - lastWordsSeconds) * 1_000;
}

/** Launches a worker's instance in the first place that EC2 has, and waits for its hello. What was made is the caller's to remove, also after a failure. */
export async function launchWorker(context: PoolContext, worker: FleetWorker, takenAddresses: Map<string, number>, { isOnDemand, ...options }: CallOptions & { readonly isOnDemand?: boolean | undefined }): Promise<void> {
  const compute = context.options.account.workerCompute(worker.kind.region);
  const instanceTypes = typesOf(context.options.profiles, worker.kind.profile, worker.kind.region);
  const [subnets, offered] = await Promise.all([subnetsOf(context, compute, options), compute.offeredTypes(instanceTypes, options)]);
  const { places, leftOut } = choosePlaces({ subnets, instanceTypes, offered, takenAddresses, spot: isOnDemand === true && context.options.spot === "prefer" ? "never" : context.options.spot });
  const refusals = leftOut.map(({ subnetId, reason }) => `${subnetId} ${reason}`);
  const instanceProfile = await makeTemporaryRole(context, worker, options);
  const launch = new Launch({ context, worker, compute, instanceProfile, options });
  for (const place of places.slice(0, maxPlaces)) {
    takenAddresses.set(place.subnetId, (takenAddresses.get(place.subnetId) ?? 0) + 1);
    try {
      worker.launchedMs = context.clock.monotonicMs();
      const instance = await launch.once(place);
      worker.instanceId = instance.instanceId;
      worker.isSpot = place.isSpot;
      await waitForHello(context, worker, compute, options);
      return;
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && tryElsewhere.includes(error.code) && worker.instanceId === undefined)) throw error;
      refusals.push(error.message);
    } finally {
      takenAddresses.set(place.subnetId, (takenAddresses.get(place.subnetId) ?? 1) - 1);
    }
  }
  throw noPlace(worker, instanceTypes, refusals);
}

interface LaunchParts {
  readonly context: PoolContext;
  readonly worker: FleetWorker;
  readonly compute: WorkerCompute;
  readonly instanceProfile: string;
  readonly options: CallOptions;
}

/** One worker's launch, in one place after the other. */
class Launch {
  readonly #context: PoolContext;
  readonly #worker: FleetWorker;
  readonly #compute: WorkerCompute;
  readonly #instanceProfile: string;
  readonly #options: CallOptions;
  readonly #images = new Map<WorkerArchitecture, WorkerImage>();
  #attempt = 0;

  constructor({ context, worker, compute, instanceProfile, options }: LaunchParts) {
    this.#context = context;
    this.#worker = worker;
    this.#compute = compute;
    this.#instanceProfile = instanceProfile;
    this.#options = options;
  }

  /** EC2 learns of an instance profile that was just made only after a while, during which it takes it for a wrong one. */
  async once(place: WorkerPlace): Promise<WorkerInstance> {
    const { clock } = this.#context;
    const startedMs = clock.monotonicMs();
    for (;;) {
      try {
        return await this.#in(place);
      } catch (error) {
        const isNew = this.#worker.roleName !== undefined && clock.monotonicMs() - startedMs < profileKnownWithinMs;
        if (!(isNew && HoldfastError.isInstance(error) && error.code === "InstanceProfileUnknown")) throw error;
      }
      await clock.sleep(profilePollMs, this.#options.signal);
    }
  }

  async #in({ subnetId, instanceType, isSpot }: WorkerPlace): Promise<WorkerInstance> {
    const { options, bundle } = this.#context;
    const { region } = this.#worker.kind;
    const architecture = architectureOf(instanceType);
    const image = this.#images.get(architecture) ?? (await this.#compute.newestImage(architecture, this.#options));
    this.#images.set(architecture, image);
    const { name, sha256 } = await bundle(architecture);
    this.#attempt++;
    return await this.#compute.launch(
      {
        instanceType,
        imageId: image.imageId,
        subnetId,
        securityGroupIds: options.networks[region]?.securityGroupIds ?? [],
        hasPublicAddress: !options.privateNetworking,
        isSpot,
        instanceProfile: this.#instanceProfile,
        userData: userData({
          worker: this.#worker.id,
          bucket: options.configurationBucket,
          // the bucket is opened as this account's own (composition/worker-pool.ts)
          bucketOwner: await options.account.accountId(this.#options),
          region: options.configurationRegion,
          prefix: options.configurationPrefix,
          bundle: name,
          sha256,
          architecture,
          ...(this.#worker.roleName !== undefined && { fetches: newRoleFetches }),
          maxLifeSeconds: Math.ceil(options.taskTimeoutMs / 1_000) + spareSeconds,
        }),
        rootDeviceName: image.rootDeviceName,
        rootVolumeGib: Math.max(minRootGib, image.rootVolumeGib),
        ...(options.rootVolumeKmsKeyArn !== undefined && { kmsKeyArn: options.rootVolumeKmsKeyArn }),
        tags: this.#worker.tags,
        clientToken: `${this.#worker.id}-${String(this.#attempt)}`,
      },
      this.#options,
    );
  }
}

/** The subnets that the pool has in a region: those that were named, or the default ones. */
export async function subnetsOf({ options }: Pick<PoolContext, "options">, compute: WorkerCompute, call: CallOptions): Promise<readonly WorkerSubnet[]> {
  const network = options.networks[compute.region];
  return network === undefined ? await compute.defaultSubnets(call) : await compute.subnets(network.subnetIds, call);
}

async function waitForHello({ clock, control, pace }: PoolContext, worker: FleetWorker, compute: WorkerCompute, { signal }: CallOptions): Promise<void> {
  const objects = await control();
  const startedMs = clock.monotonicMs();
  let lookedMs = startedMs;
  while (clock.monotonicMs() - startedMs <= pace.helloWithinMs) {
    const hello = await objects.read(controlNames.hello(worker.id), helloDocument, { signal });
    if (hello !== undefined) {
      worker.publicKey = Buffer.from(hello.document.publicKey, "base64");
      return;
    }
    if (clock.monotonicMs() - lookedMs >= pace.beatMs) {
      lookedMs = clock.monotonicMs();
      const reason = await whyGone(compute, worker, { signal });
      if (reason !== undefined) throw lost(worker, `ended before it began (${reason}): look in its console output why, and whether its role may s3:GetObject and s3:PutObject in the configuration bucket (checkPermissions)`);
    }
    await clock.sleep(pace.pollMs, signal);
  }
  throw lost(worker, `did not say hello within ${String(Math.round(pace.helloWithinMs / 60_000))} minutes: look whether it reaches the configuration bucket (preflight) and whether its role may s3:GetObject and s3:PutObject there (checkPermissions)`);
}

/** Why a worker's instance is gone, or about to be; nothing where it is there, or not yet seen. */
export async function whyGone(compute: WorkerCompute, worker: FleetWorker, options: CallOptions): Promise<string | undefined> {
  for await (const { instanceId, state, stateReason } of compute.instancesByTags(worker.ownTags, options)) {
    if (instanceId === worker.instanceId && state !== "pending" && state !== "running") return stateReason ?? state;
  }
  return undefined;
}

function lost(worker: FleetWorker, what: string): ProviderError {
  return new ProviderError(`The worker ${worker.instanceId ?? worker.id} in ${worker.kind.region} ${what}.`, {
    code: "WorkerLost",
    retryable: true,
    service: "ec2",
    operation: "RunInstances",
    context: { worker: worker.id, instanceId: worker.instanceId, region: worker.kind.region },
  });
}

function noPlace({ kind }: FleetWorker, instanceTypes: readonly string[], refusals: readonly string[]): ProviderError {
  const why = refusals.length === 0 ? "there is no subnet to launch it in: name some in networks, or make a default VPC" : [...new Set(refusals)].join("; ");
  return new ProviderError(`No worker can be launched in ${kind.region} (profile ${kind.profile}: ${instanceTypes.join(", ")}): ${why}. Name more instance types or subnets, or try again later.`, {
    code: "NoWorkerPlace",
    retryable: refusals.length > 0,
    service: "ec2",
    operation: "RunInstances",
    context: { region: kind.region, profile: kind.profile },
  });
}
