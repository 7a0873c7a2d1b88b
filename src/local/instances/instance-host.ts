import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { InstanceRecord, StateReason } from "../ec2/instances/instance-record.js";
import type { ConsoleOutput, InstanceControl, InstanceRunner } from "../ec2/instances/instance-runner.js";
import type { IamStore } from "../iam/iam-store.js";
import type { LocalClock } from "../local-clock.js";
import type { SessionTokens } from "../sts/session-tokens.js";
import type { CallOrigin } from "../wire/call-origin.js";
import type { LaunchFaultKind } from "../wire/faults/launch-fault.js";
import type { WireServer } from "../wire/wire-server.js";
import { whenClockShows } from "./clock-timer.js";
import { codeOf } from "./error-code.js";
import { HostedInstance } from "./hosted-instance.js";
import { killLeftovers } from "./instance-process.js";
import { MetadataServer } from "./metadata/metadata-server.js";
import { lookUp } from "./metadata/metadata-tree.js";
import { InstanceRoleCredentials } from "./metadata/role-credentials.js";
import { readScript } from "./user-data.js";
import { WorkDirectory } from "./work-directory.js";

export interface InstanceHostOptions {
  /** Where the instances' folders lie. */
  readonly directory: string;
  readonly clock: LocalClock;
  readonly iam: IamStore;
  readonly tokens: SessionTokens;
  readonly control: InstanceControl;
  readonly server: WireServer;
  /** Whether each instance gets a network namespace of its own. */
  readonly isIsolated: boolean;
  /** What an instance can reach. */
  readonly originOf: (instance: InstanceRecord) => CallOrigin;
  /** Names of an instance's security groups. */
  readonly groupNamesOf: (instance: InstanceRecord) => readonly string[];
}

/** AWS's own notice before a Spot Instance is interrupted. */
export const SPOT_NOTICE_MS = 120_000;

const SHUT_ITSELF_DOWN: StateReason = { code: "Client.InstanceInitiatedShutdown", message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown" };
const INTERRUPTED: StateReason = { code: "Server.SpotInstanceTermination", message: "Server.SpotInstanceTermination: Spot instance termination" };
const DIED: StateReason = { code: "Server.InternalError", message: "Server.InternalError: Internal error on the instance's host" };
const CLOUD_ENDED: StateReason = { code: "Server.InternalError", message: "Server.InternalError: The local cloud ended while the instance ran" };

/** Runs instances on this machine: the user data of each as processes of its own, with metadata and an endpoint of its own. */
export class InstanceHost implements InstanceRunner {
  readonly #options: InstanceHostOptions;
  readonly #hosted = new Map<string, HostedInstance>();
  readonly #ending = new Map<string, Promise<void>>();
  readonly #interruptions = new Map<string, { readonly at: Date; readonly callOff: () => void }>();
  readonly #afflictions = new Set<() => void>();
  #failure: Error | undefined;

  constructor(options: InstanceHostOptions) {
    this.#options = options;
  }

  /** Ends what an earlier cloud left running, and says of each instance that ran then that it runs no more. */
  async recover(): Promise<void> {
    const { control } = this.#options;
    for (const instanceId of await foldersIn(this.#options.directory)) {
      const directory = this.#directoryOf(instanceId);
      const instance = control.find(instanceId);
      const hadProcesses = await killLeftovers(directory.path);
      if (instance === undefined) await rm(directory.path, { recursive: true, force: true });
      else if (instance.target === "running" && (hadProcesses || (await directory.isUnfinished()))) this.#bringDown(instance, CLOUD_ENDED);
      else if (instance.target === "terminated") await directory.removeDisk();
    }
  }

  launch(instance: InstanceRecord, faults: readonly LaunchFaultKind[]): void {
    const { instanceId } = instance;
    for (const fault of faults) this.#afflict(instanceId, fault);
    const script = readScript(instance.userData);
    const directory = this.#directoryOf(instanceId);
    if (script === undefined) {
      this.#guard(directory.note(instance.userData === undefined ? "no user data: nothing runs" : "the user data is no script: nothing runs"));
      return;
    }
    const { clock, server, originOf, isIsolated } = this.#options;
    const hosted = new HostedInstance({
      instance,
      script,
      directory,
      clock,
      openEndpoint: (target) => server.openFor(originOf(instance), target),
      isolatedEndpoint: isIsolated ? server.endpoint : undefined,
      metadata: this.#metadataOf(instance),
      onShutdown: () => {
        this.#bringDown(this.#current(instance), SHUT_ITSELF_DOWN);
      },
      onFailure: (error) => {
        this.#guard(directory.note(`the instance could not go on: ${String(error)}`));
        this.#bringDown(this.#current(instance), DIED);
      },
    });
    this.#hosted.set(instanceId, hosted);
  }

  end(instance: InstanceRecord): void {
    this.#beginEnd(instance, "stop");
  }

  isAlive(instanceId: string): boolean {
    return this.#ending.has(instanceId);
  }

  async consoleOutput(instanceId: string): Promise<ConsoleOutput | undefined> {
    return await this.#directoryOf(instanceId).readConsole();
  }

  interruptedAt(instanceId: string): Date | undefined {
    return this.#interruptions.get(instanceId)?.at;
  }

  /** Tells a Spot Instance that it will be terminated, and terminates it then. */
  interrupt(instanceId: string, noticeMs: number): void {
    const instance = this.#requireRunning(instanceId);
    if (!instance.isSpot) throw new TypeError(`${instanceId} is no Spot Instance: only those are interrupted.`);
    this.#interruptions.get(instanceId)?.callOff();
    const { clock, control } = this.#options;
    const at = new Date(clock.now().getTime() + noticeMs);
    const callOff = whenClockShows(clock, at, () => {
      control.end(instanceId, "terminated", INTERRUPTED);
    });
    if (control.find(instanceId)?.target === "running") this.#interruptions.set(instanceId, { at, callOff });
  }

  /** Ends an instance as when its host fails: nothing of it has a moment left. */
  async kill(instanceId: string): Promise<void> {
    const instance = this.#requireRunning(instanceId);
    this.#beginEnd(instance, "kill");
    this.#bringDown(instance, DIED);
    await this.#ending.get(instanceId);
  }

  /** Stops an instance where it stands, or lets it go on: it shows as running all the while. */
  async freeze(instanceId: string, isFrozen: boolean): Promise<void> {
    this.#requireRunning(instanceId);
    await this.#hosted.get(instanceId)?.freeze(isFrozen);
  }

  /** Instances of which something runs. */
  async alive(): Promise<string[]> {
    const alive: string[] = [];
    for (const [instanceId, hosted] of this.#hosted) if (await hosted.isAlive()) alive.push(instanceId);
    return alive;
  }

  /** Where calls come from that use an instance's credentials. */
  originOf(instanceId: string): CallOrigin | undefined {
    const instance = this.#options.control.find(instanceId);
    return instance === undefined ? undefined : this.#options.originOf(instance);
  }

  /** Ends everything that runs. */
  async close(): Promise<void> {
    const alive = await this.alive();
    for (const callOff of this.#afflictions) callOff();
    for (const { callOff } of this.#interruptions.values()) callOff();
    for (const [instanceId, hosted] of this.#hosted) {
      const instance = this.#options.control.find(instanceId);
      if (instance !== undefined && alive.includes(instanceId)) this.#bringDown(instance, CLOUD_ENDED);
      else this.#ending.set(instanceId, hosted.end("kill"));
    }
    const ends = await Promise.allSettled(this.#ending.values());
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #afflict(instanceId: string, fault: LaunchFaultKind): void {
    if (fault.kind !== "spot-interruption" && fault.kind !== "instance-death") return;
    const { clock, control } = this.#options;
    const at = new Date(clock.now().getTime() + (fault.afterMs ?? 0));
    const callOff = whenClockShows(clock, at, () => {
      if (control.find(instanceId)?.target !== "running") return;
      if (fault.kind === "spot-interruption") this.interrupt(instanceId, fault.noticeMs ?? SPOT_NOTICE_MS);
      else this.#guard(this.kill(instanceId));
    });
    this.#afflictions.add(callOff);
  }

  /** What an instance that shuts itself down becomes is its own choice; a Spot Instance is always gone. */
  #bringDown(instance: InstanceRecord, reason: StateReason): void {
    const target = instance.isSpot || instance.shutdownBehavior === "terminate" ? "terminated" : "stopped";
    this.#options.control.end(instance.instanceId, target, reason);
  }

  #beginEnd(instance: InstanceRecord, how: "stop" | "kill"): void {
    const { instanceId, target } = instance;
    this.#interruptions.get(instanceId)?.callOff();
    this.#interruptions.delete(instanceId);
    const hosted = this.#hosted.get(instanceId);
    this.#hosted.delete(instanceId);
    if (hosted === undefined && target !== "terminated") return;
    const earlier = this.#ending.get(instanceId) ?? Promise.resolve();
    const ending = earlier
      .then(async () => {
        await hosted?.end(how);
        if (this.#options.control.find(instanceId)?.target === "terminated") await this.#directoryOf(instanceId).removeDisk();
      })
      .finally(() => {
        if (this.#ending.get(instanceId) === ending) this.#ending.delete(instanceId);
      });
    this.#ending.set(instanceId, ending);
    this.#guard(ending);
  }

  #metadataOf(instance: InstanceRecord): MetadataServer {
    const { clock, iam, tokens, groupNamesOf } = this.#options;
    const roleCredentials = new InstanceRoleCredentials({ iam, tokens, clock });
    return new MetadataServer({
      clock,
      settings: () => this.#current(instance).metadata,
      lookUp: (path) => {
        const now = this.#current(instance);
        const role = roleCredentials.role(now);
        const credentials = () => (role === undefined ? undefined : roleCredentials.credentials(now, role));
        return lookUp({ instance: now, role, credentials, securityGroups: groupNamesOf(now), interruptedAt: this.interruptedAt(now.instanceId) }, path);
      },
    });
  }

  #requireRunning(instanceId: string): InstanceRecord {
    const instance = this.#options.control.find(instanceId);
    if (instance?.target !== "running") throw new RangeError(`There is no running instance ${instanceId}.`);
    return instance;
  }

  #current(instance: InstanceRecord): InstanceRecord {
    return this.#options.control.find(instance.instanceId) ?? instance;
  }

  #directoryOf(instanceId: string): WorkDirectory {
    return new WorkDirectory(join(this.#options.directory, instanceId));
  }

  /** What fails where nobody waits is raised by `close`. */
  #guard(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
    });
  }
}

async function foldersIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}
