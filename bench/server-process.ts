import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ServerCalls, ServerFacts, ServerRequest } from "./server.js";

const entry = fileURLToPath(new URL("./server.ts", import.meta.url));

/** The server's process, seen from the benchmark. */
export class ServerProcess {
  readonly facts: ServerFacts;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, facts: ServerFacts) {
    this.#child = child;
    this.#lines = lines;
    this.facts = facts;
  }

  static async start(directory: string): Promise<ServerProcess> {
    const child = spawn(process.execPath, ["--import", "tsx", entry, directory], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new ServerProcess(child, lines, (await nextLine(lines)) as ServerFacts);
  }

  /** The calls since this was asked last. */
  async takeCalls(): Promise<ServerCalls> {
    return (await this.#ask({ ask: "calls" })) as ServerCalls;
  }

  /** Makes a volume that holds what the image does; gives its id. */
  async makeVolume(imagePath: string): Promise<string> {
    return (await this.#ask({ ask: "volume", imagePath })) as string;
  }

  async writeBlocks(volumeId: string, imagePath: string, blocks: readonly number[]): Promise<void> {
    await this.#ask({ ask: "write", volumeId, imagePath, blocks });
  }

  /** Lets block reads begin later. */
  async setLatency(ms: number): Promise<void> {
    await this.#ask({ ask: "latency", ms });
  }

  /** Fails unless the volume holds what the image does. */
  async expectImage(volumeId: string, imagePath: string): Promise<void> {
    await this.#ask({ ask: "compare", volumeId, imagePath });
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#child.once("close", () => { resolve(); }));
    this.#child.stdin?.end();
    await closed;
  }

  async #ask(request: ServerRequest): Promise<unknown> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return await nextLine(this.#lines);
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<unknown> {
  const line = await lines.next();
  if (line.done === true) throw new Error("The server of the benchmark ended; its last words are above.");
  return JSON.parse(line.value) as unknown;
}
