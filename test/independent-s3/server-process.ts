import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const startWithinMs = 60_000;
const stopWithinMs = 5_000;
/** Of what a server prints, what an error tells. */
const keptCharacters = 4_000;

/** A server of somebody else's, on the loopback address, with a process of its own. */
export class ServerProcess {
  readonly endpoint: string;
  readonly #child: ChildProcess;
  #said = "";

  private constructor(endpoint: string, child: ChildProcess) {
    this.endpoint = endpoint;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#said = (this.#said + chunk.toString()).slice(-keptCharacters);
      });
    }
  }

  /** Starts a command, which is told its port, and waits until it answers. */
  static async start(command: string, args: (port: number) => readonly string[]): Promise<ServerProcess> {
    const port = await freePort();
    const child = spawn(command, [...args(port)], { stdio: ["ignore", "pipe", "pipe"] });
    const server = new ServerProcess(`http://127.0.0.1:${port}`, child);
    try {
      await Promise.race([server.#untilItAnswers(), server.#untilItEnds()]);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Ends the process, and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const gone = once(this.#child, "exit");
    this.#child.kill();
    const timer = setTimeout(() => {
      this.#child.kill("SIGKILL");
    }, stopWithinMs);
    await gone;
    clearTimeout(timer);
  }

  async #untilItAnswers(): Promise<void> {
    const deadline = Date.now() + startWithinMs;
    while (Date.now() < deadline) {
      const answer = await fetch(this.endpoint).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer !== undefined) return;
      await delay(200);
    }
    throw new Error(`The server did not answer within ${startWithinMs / 1000} s. It said: ${this.#said}`);
  }

  async #untilItEnds(): Promise<never> {
    const [code] = (await once(this.#child, "exit")) as [number | null];
    throw new Error(`The server ended by itself (${String(code)}). It said: ${this.#said}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
