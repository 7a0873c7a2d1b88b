import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { CloudState } from "./cloud-state.js";
import { DirectoryLock } from "./directory-lock.js";
import type { InstanceHost } from "./instances/instance-host.js";
import { LocalInstances } from "./instances/local-instances.js";
import { runInstances } from "./instances/run-instances.js";
import { IdentityJudge } from "./iam/identity-judge.js";
import { LocalClock } from "./local-clock.js";
import { checkAccountId, resolveLocalCloudOptions } from "./local-cloud-options.js";
import type { LocalCloudOptions, ResolvedLocalCloudOptions } from "./local-cloud-options.js";
import { LocalServices } from "./local-services.js";
import { LocalVolumes } from "./local-volumes.js";
import type { PublishedMessage } from "./sns/topic-store.js";
import { CloudCredentials } from "./sts/cloud-credentials.js";
import { SessionTokens } from "./sts/session-tokens.js";
import { Authorizer } from "./wire/authorizer.js";
import type { Denial } from "./wire/authorizer.js";
import { CallLog } from "./wire/call-log.js";
import type { FindOrigin } from "./wire/call-origin.js";
import { Faults } from "./wire/faults/faults.js";
import { SigningKeys } from "./wire/sigv4/signing-key.js";
import { WireServer } from "./wire/wire-server.js";
import { wrong } from "./wrong-option.js";

/** What any AWS client needs to call the local cloud; S3 clients besides need path-style addressing. */
export interface LocalConnection {
  readonly region: string;
  /** The one endpoint of all services. */
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

interface Parts {
  readonly directory: string;
  readonly options: ResolvedLocalCloudOptions;
  readonly lock: DirectoryLock;
  readonly state: CloudState;
  readonly clock: LocalClock;
  readonly calls: CallLog;
  readonly faults: Faults;
  readonly authorizer: Authorizer;
  readonly credentials: CloudCredentials;
  readonly services: LocalServices;
  readonly volumes: LocalVolumes;
  readonly host: InstanceHost | undefined;
  readonly instances: LocalInstances;
  readonly server: WireServer;
}

/**
 * EC2, EBS direct, S3, STS, IAM, KMS, SNS and what Service Quotas says of vCPUs on this machine, over their real protocols.
 *
 * @example
 * ```ts
 * const cloud = await LocalCloud.start();
 * const s3 = new S3Client({ ...cloud.connection({ region: "eu-west-1" }), forcePathStyle: true });
 * await cloud.close();
 * ```
 */
export class LocalCloud {
  readonly #parts: Parts;
  #closing: Promise<void> | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts a cloud, new or as its directory has it. Prints nothing. */
  static async start(options: LocalCloudOptions = {}): Promise<LocalCloud> {
    const resolved = resolveLocalCloudOptions(options);
    const directory = resolved.directory ?? (await mkdtemp(join(tmpdir(), "holdfast-local-")));
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const lock = await DirectoryLock.take(directory);
    try {
      return new LocalCloud(await open(directory, resolved, lock));
    } catch (error) {
      await lock.release();
      if (resolved.directory === undefined) await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** The URL under which every service is reached. */
  get endpoint(): string {
    return this.#parts.server.endpoint;
  }

  get directory(): string {
    return this.#parts.directory;
  }

  get regions(): readonly string[] {
    return this.#parts.options.regions;
  }

  /** The cloud's time; its offset is kept with the cloud. */
  get clock(): LocalClock {
    return this.#parts.clock;
  }

  /** What was published to a topic of SNS, oldest first; without one, to all: the newest thousand. */
  messages(topicArn?: string): readonly PublishedMessage[] {
    return this.#parts.services.topics.messages(topicArn);
  }

  /** The data of volumes. */
  get volumes(): LocalVolumes {
    return this.#parts.volumes;
  }

  /** The instances that run on this machine, and what can happen to them. */
  get instances(): LocalInstances {
    return this.#parts.instances;
  }

  /** What was called. */
  get calls(): CallLog {
    return this.#parts.calls;
  }

  /** Faults on demand. */
  get faults(): Faults {
    return this.#parts.faults;
  }

  /** Region, endpoint and the administrator's credentials of an account, which comes into being when it is first asked for. */
  connection(options: { readonly region?: string; readonly accountId?: string } = {}): LocalConnection {
    const { regions, accountId: defaultAccountId } = this.#parts.options;
    const { region = regions[0] ?? "us-east-1", accountId = defaultAccountId } = options;
    if (!regions.includes(region)) throw wrong("connection.region", region, `one of this cloud's regions: ${regions.join(", ")}`);
    checkAccountId("connection.accountId", accountId);
    const key = this.#parts.state.accountKey(accountId);
    this.#parts.credentials.addAccount(accountId, key);
    return { region, endpoint: this.endpoint, credentials: { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey } };
  }

  /** Refuses matching calls with the service's own access error until the returned function is called. */
  deny(denial: Denial): () => void {
    return this.#parts.authorizer.deny(denial);
  }

  /** Ends every connection, waits for what is going on, and closes all files. A temporary directory is removed. */
  async close(): Promise<void> {
    await (this.#closing ??= this.#close());
  }

  /** As {@link LocalCloud.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** How it prints: endpoint, directory and regions, never a key. */
  [inspect.custom](): string {
    return `LocalCloud { endpoint: ${this.endpoint}, directory: ${this.directory}, regions: ${this.regions.join(" ")} }`;
  }

  async #close(): Promise<void> {
    const { server, services, host, lock, options, directory } = this.#parts;
    // Instances first: as long as one of them is in the middle of a call, the server waits for it.
    const steps = [() => host?.close(), () => server.close(), () => services.close(), () => lock.release()];
    const failures: unknown[] = [];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
  }
}

async function open(directory: string, options: ResolvedLocalCloudOptions, lock: DirectoryLock): Promise<Parts> {
  const state = CloudState.open(directory);
  const clock = new LocalClock(state.clockOffsetMs);
  clock.onAdvance(() => {
    state.setClockOffset(clock.offsetMs);
  });
  const tokens = new SessionTokens(state.tokenKey);
  const credentials = new CloudCredentials(tokens);
  for (const [accountId, key] of Object.entries(state.accounts)) credentials.addAccount(accountId, key);
  const calls = new CallLog(options.maxLoggedCalls);
  const faults = new Faults(options.faultSeed);
  for (const rule of options.faultRules) faults.inject(rule);
  const services = await LocalServices.open({ directory, clock, tokens, options, faults });
  try {
    const authorizer = new Authorizer(new IdentityJudge(services.iam));
    let host: InstanceHost | undefined;
    const findOrigin: FindOrigin = (instanceId) => host?.originOf(instanceId);
    const environment = { credentials, clock, regions: options.regions, faults, authorizer, keys: new SigningKeys(), findOrigin };
    const server = new WireServer({ services: services.definitions, environment, calls });
    if (options.instances === "run") {
      host = await runInstances({ directory: join(directory, "instances"), clock, iam: services.iam, tokens, server, isIsolated: options.instanceNetwork === "namespace" }, services.ec2);
    }
    await server.listen(options.port);
    const volumes = new LocalVolumes(services.blocks, options.accountId, options.regions);
    const instances = new LocalInstances(host);
    return { directory, options, lock, state, clock, calls, faults, authorizer, credentials, services, volumes, host, instances, server };
  } catch (error) {
    await services.close();
    throw error;
  }
}
