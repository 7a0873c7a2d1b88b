import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { CloudAsks, CloudFacts } from "./requests.js";

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** The cloud's process, seen from the engine's. */
export class CloudProcess {
  readonly facts: CloudFacts;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void }>();
  #next = 0;

  private constructor(child: ChildProcess, facts: CloudFacts) {
    this.#child = child;
    this.facts = facts;
    child.on("message", ({ id, answer, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    });
    child.once("exit", (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`The local cloud's process ended with ${String(code)}.`));
    });
  }

  /** Starts it as it lies beside the built program. */
  static async start(directory: string, seed: number): Promise<CloudProcess> {
    const child = fork(fileURLToPath(new URL("./cloud.js", import.meta.url)), [directory, String(seed)], { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const [{ facts }] = (await once(child, "message")) as [{ readonly facts: CloudFacts }];
    return new CloudProcess(child, facts);
  }

  async ask<Ask extends keyof CloudAsks>(ask: Ask, given: CloudAsks[Ask]["given"]): Promise<CloudAsks[Ask]["answer"]> {
    const id = this.#next++;
    const answered = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#child.send({ id, ask, given }, (error) => {
      if (error !== null) this.#waiting.get(id)?.reject(error);
    });
    return (await answered) as CloudAsks[Ask]["answer"];
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }
}
