import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { goOn, isolated, receiveListeners } from "./isolation.js";
import type { NamespaceListeners } from "./isolation.js";
import { MARK, processesOf, signalAll } from "./marked-processes.js";
import type { UserDataScript } from "./user-data.js";
import type { WorkDirectory } from "./work-directory.js";

export interface InstanceProcessOptions {
  readonly directory: WorkDirectory;
  readonly script: UserDataScript;
  /** What the instance is told by its environment, beside what every instance is. */
  readonly environment: Readonly<Record<string, string>>;
  /** The port at which the services are, where the instance gets a network namespace of its own. */
  readonly isolatedPort: number | undefined;
  /** Opens what the instance finds in its namespace; it begins when that is done. */
  readonly onListeners: (listeners: NamespaceListeners) => Promise<void>;
  /** Called when the script has ended by itself. */
  readonly onExit: (outcome: string) => void;
}

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** An operating system that is shut down gives its services time; here they are tests' and need little. */
const GRACE_MS = 1_000;
const POLL_MS = 20;
const MAX_ROUNDS = 100;

/** The processes of an instance: its script and whatever that has begun. */
export class InstanceProcess {
  readonly #directory: WorkDirectory;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  private constructor(options: InstanceProcessOptions, child: ChildProcess) {
    this.#directory = options.directory;
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        options.onExit(signal === null ? `exit code ${code ?? 0}` : `signal ${signal}`);
        resolve();
      });
    });
  }

  /** Begins the script. Raises where its interpreter cannot be started. */
  static async start(options: InstanceProcessOptions): Promise<InstanceProcess> {
    const { directory, script, environment, isolatedPort, onListeners } = options;
    const bare = [script.interpreter, ...script.arguments, directory.script];
    const [file = "", ...rest] = isolatedPort === undefined ? bare : isolated(bare, isolatedPort);
    const output = await open(directory.console, "a", 0o600);
    try {
      const child = spawn(file, rest, {
        cwd: directory.home,
        // A session and a group of its own, so that a signal reaches all of it and nothing else.
        detached: true,
        stdio: ["ignore", output.fd, output.fd, ...(isolatedPort === undefined ? [] : ["ipc" as const])],
        env: {
          PATH: `${directory.commands}:${SYSTEM_PATH}`,
          HOME: directory.home,
          TMPDIR: `${directory.home}/tmp`,
          LANG: "C.UTF-8",
          [MARK]: directory.path,
          ...environment,
        },
      });
      const started = new InstanceProcess(options, child);
      await new Promise<void>((resolve, reject) => {
        child.once("spawn", resolve);
        child.once("error", reject);
      });
      if (isolatedPort !== undefined) {
        await onListeners(await receiveListeners(child));
        goOn(child);
      }
      child.unref();
      return started;
    } finally {
      await output.close();
    }
  }

  /** Whether the script, or anything that it left behind, still runs. */
  isAlive(): boolean {
    return this.#pids().length > 0;
  }

  /** Asks everything to end, and ends what has not after a while. */
  async stop(): Promise<void> {
    signalAll(this.#pids(), "SIGTERM");
    const deadline = performance.now() + GRACE_MS;
    while (this.isAlive() && performance.now() < deadline) await delay(POLL_MS);
    await this.kill();
  }

  /** Ends everything at once. */
  async kill(): Promise<void> {
    await killAll(() => this.#pids());
    await this.#exited;
  }

  /** Stops everything where it stands, or lets it go on. */
  freeze(isFrozen: boolean): void {
    signalAll(this.#pids(), isFrozen ? "SIGSTOP" : "SIGCONT");
  }

  #pids(): number[] {
    return processesOf(this.#directory.path, this.#child.pid);
  }
}

/** Ends what an earlier cloud left running in an instance's folder; tells whether there was anything. */
export async function killLeftovers(folder: string): Promise<boolean> {
  const find = (): number[] => processesOf(folder, undefined);
  const isAny = find().length > 0;
  await killAll(find);
  return isAny;
}

/** What is just being begun escapes one round, so there are as many as it takes. */
async function killAll(find: () => number[]): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const pids = find();
    if (pids.length === 0) return;
    signalAll(pids, "SIGKILL");
    await delay(POLL_MS);
  }
  throw new Error(`The processes ${find().join(", ")} of an instance do not end.`);
}
