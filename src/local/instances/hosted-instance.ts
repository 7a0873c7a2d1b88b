import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import type { InstanceRecord } from "../ec2/instances/instance-record.js";
import type { LocalClock } from "../local-clock.js";
import type { ListenTarget } from "../wire/listen.js";
import type { OriginEndpoint } from "../wire/wire-server.js";
import { whenClockShows } from "./clock-timer.js";
import { InstanceProcess } from "./instance-process.js";
import { METADATA_URL } from "./isolation.js";
import type { NamespaceListeners } from "./isolation.js";
import type { MetadataServer } from "./metadata/metadata-server.js";
import type { UserDataScript } from "./user-data.js";
import type { WorkDirectory } from "./work-directory.js";

export interface HostedInstanceOptions {
  readonly instance: InstanceRecord;
  readonly script: UserDataScript;
  readonly directory: WorkDirectory;
  readonly clock: LocalClock;
  /** Opens the endpoint at which the instance reaches the cloud's services. */
  readonly openEndpoint: (target?: ListenTarget) => Promise<OriginEndpoint>;
  /** The URL of the cloud's services, where the instance gets a network namespace of its own and finds them there. */
  readonly isolatedEndpoint: string | undefined;
  readonly metadata: MetadataServer;
  /** Called when the instance shuts itself down. */
  readonly onShutdown: () => void;
  /** Called when something of the cloud's own fails. */
  readonly onFailure: (error: unknown) => void;
}

const MINUTE_MS = 60_000;

/** One instance that runs: its processes, its metadata service, and its endpoint. */
export class HostedInstance {
  readonly #options: HostedInstanceOptions;
  readonly #started: Promise<void>;
  #process: InstanceProcess | undefined;
  #endpoint: OriginEndpoint | undefined;
  #watcher: FSWatcher | undefined;
  #callOffShutdown: (() => void) | undefined;
  #ended: Promise<void> | undefined;

  constructor(options: HostedInstanceOptions) {
    this.#options = options;
    this.#started = this.#start().catch((error: unknown) => {
      options.onFailure(error);
    });
  }

  /** Whether a script of it, or what that left behind, runs. */
  async isAlive(): Promise<boolean> {
    await this.#started;
    return this.#process?.isAlive() ?? false;
  }

  /** Ends everything of it: in good order, or at once. */
  async end(how: "stop" | "kill"): Promise<void> {
    await (this.#ended ??= this.#end(how));
  }

  async freeze(isFrozen: boolean): Promise<void> {
    await this.#started;
    this.#process?.freeze(isFrozen);
  }

  async #start(): Promise<void> {
    const { directory, metadata, script, openEndpoint, isolatedEndpoint } = this.#options;
    await directory.prepare(script.text);
    const urls = isolatedEndpoint === undefined ? await this.#listenOutside() : { services: isolatedEndpoint, metadata: METADATA_URL };
    const environment = { AWS_ENDPOINT_URL: urls.services, AWS_EC2_METADATA_SERVICE_ENDPOINT: urls.metadata };
    const isolatedPort = isolatedEndpoint === undefined ? undefined : Number(new URL(isolatedEndpoint).port);
    const onListeners = async (listeners: NamespaceListeners): Promise<void> => {
      this.#endpoint = await openEndpoint(listeners.services);
      await metadata.listen(listeners.metadata);
    };
    this.#watcher = watch(directory.requests, { persistent: false }, () => {
      this.#guard(this.#readRequest());
    });
    const onExit = (outcome: string): void => {
      this.#guard(this.#noteExit(outcome));
    };
    this.#process = await InstanceProcess.start({ directory, script, environment, isolatedPort, onListeners, onExit });
  }

  /** Without a namespace the instance has ports of this machine to itself. */
  async #listenOutside(): Promise<{ readonly services: string; readonly metadata: string }> {
    const endpoint = (this.#endpoint = await this.#options.openEndpoint());
    return { services: endpoint.url, metadata: await this.#options.metadata.listen() };
  }

  async #end(how: "stop" | "kill"): Promise<void> {
    await this.#started;
    this.#callOffShutdown?.();
    this.#watcher?.close();
    if (how === "kill") await this.#process?.kill();
    else await this.#process?.stop();
    await this.#options.metadata.close();
    await this.#endpoint?.close();
  }

  async #noteExit(outcome: string): Promise<void> {
    if (this.#ended !== undefined) return;
    const { directory } = this.#options;
    await directory.markEnded(outcome);
    await directory.note(`user data ended: ${outcome}`);
  }

  async #readRequest(): Promise<void> {
    const request = await this.#options.directory.takeRequest();
    if (request === undefined || this.#ended !== undefined) return;
    this.#callOffShutdown?.();
    if (request === "cancel") return;
    const minutes = request === "now" ? 0 : Number(request.slice(1));
    const { clock, onShutdown } = this.#options;
    this.#callOffShutdown = whenClockShows(clock, new Date(clock.now().getTime() + minutes * MINUTE_MS), onShutdown);
  }

  #guard(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#options.onFailure(error);
    });
  }
}
