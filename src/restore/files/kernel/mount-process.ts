import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ProviderError } from "../../../errors/index.js";
import type { CallOptions, Clock } from "../../../ports/index.js";
import { programFolders, type KernelMount } from "./kernel-support.js";

/** The program that is run, beside this file; in the package beside the file that this one is a part of. */
const program = fileURLToPath(new URL("./kernel-files.js", import.meta.url));
/** How long the process may take to unmount before it is killed. */
const endTimeoutMs = 10_000;

/** What the process answers: a part of a list, the result, or a failure. */
interface Answer {
  readonly id: number;
  readonly part?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** What the process said in place of an answer: `code` is the system's, like `ENOENT`. */
export class MountFailure extends Error {
  readonly code: string;

  constructor({ code, message }: { readonly code: string; readonly message: string }) {
    super(message);
    this.code = code;
  }
}

interface Waiting {
  readonly onPart: (part: unknown) => void;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A process that has a file system mounted where nobody else sees it. What it does, and all it mounted, ends with it. */
export class MountProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #isGone = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (answer: Answer) => this.#take(answer));
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#isGone = true;
        for (const { reject } of this.#waiting.values()) reject(gone());
        this.#waiting.clear();
        resolve();
      };
      child.once("exit", end).once("error", end);
    });
  }

  /** Resolves when the file system is mounted; an abort kills the process. */
  static async start(folder: string, uri: string, { type, options }: KernelMount, { signal }: CallOptions = {}): Promise<MountProcess> {
    signal?.throwIfAborted();
    const child = spawn("unshare", ["--mount", "--pid", "--fork", "--kill-child=SIGKILL", process.execPath, program, folder, uri, type, options], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      serialization: "advanced",
      env: { PATH: programFolders.join(":"), LANG: "C.UTF-8" },
    });
    const started = new MountProcess(child);
    // the first answer, which nobody asks for, says that it is mounted
    const mounted = new Promise((resolve, reject) => started.#waiting.set(0, { onPart: () => undefined, resolve, reject }));
    const kill = (): void => void child.kill("SIGKILL");
    signal?.addEventListener("abort", kill, { once: true });
    try {
      await mounted;
      signal?.throwIfAborted();
      return started;
    } catch (error) {
      if (signal?.aborted === true) await started.#ended;
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", kill);
    }
  }

  /** Asks, and gives the answer; the parts of a list as they come. `MountFailure` where the system refused. */
  async ask(operation: string, question: Readonly<Record<string, unknown>>, onPart: (part: unknown) => void = () => undefined): Promise<unknown> {
    if (this.#isGone) throw gone();
    const id = ++this.#lastId;
    return await new Promise((resolve, reject) => {
      this.#waiting.set(id, { onPart, resolve, reject });
      this.#child.send({ id, operation, ...question });
    });
  }

  /** Unmounts and ends the process; kills it where it does not end. */
  async end(clock: Clock): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const ended = new AbortController();
    const late = clock.sleep(endTimeoutMs, ended.signal).then(
      () => this.#child.kill("SIGKILL"),
      () => undefined,
    );
    await this.#ended;
    ended.abort();
    await late;
  }

  #take({ id, part, result, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (part !== undefined) {
      waiting.onPart(part);
      return;
    }
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new MountFailure(error));
  }
}

function gone(): ProviderError {
  return new ProviderError("The process that had the file system mounted is gone. Open the files again.", { code: "MountLost", service: "kernel", operation: "mount", retryable: true });
}
