import { mkdir, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConsoleOutput } from "../ec2/instances/instance-runner.js";
import { codeOf } from "./error-code.js";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html: "the most recent 64 KB". */
const CONSOLE_BYTES = 65_536;

/** The folder of one instance: its disk, its script, what it wrote, and how it asks to be shut down. */
export class WorkDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The instance's disk: home and working directory of its script. */
  get home(): string {
    return join(this.path, "home");
  }

  get script(): string {
    return join(this.path, "user-data");
  }

  /** Comes first in the instance's PATH. */
  get commands(): string {
    return join(this.path, "bin");
  }

  get requests(): string {
    return join(this.path, "requests");
  }

  get console(): string {
    return join(this.path, "console.log");
  }

  /** Lies there once the script has ended by itself. */
  get #ended(): string {
    return join(this.path, "script-ended");
  }

  async prepare(script: Buffer): Promise<void> {
    for (const folder of [this.home, join(this.home, "tmp"), this.commands, this.requests]) await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(this.script, script, { mode: 0o700 });
    for (const name of ["shutdown", "poweroff", "halt"]) await writeFile(join(this.commands, name), shutdownCommand(this.requests), { mode: 0o700 });
  }

  /** Adds a line of the cloud's own to what the instance wrote. */
  async note(line: string): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    await writeFile(this.console, `[local cloud] ${line}\n`, { flag: "a", mode: 0o600 });
  }

  async markEnded(outcome: string): Promise<void> {
    await writeFile(this.#ended, outcome, { mode: 0o600 });
  }

  /** Whether a script was begun here and has not ended by itself. */
  async isUnfinished(): Promise<boolean> {
    return (await exists(this.script)) && !(await exists(this.#ended));
  }

  async readConsole(): Promise<ConsoleOutput | undefined> {
    try {
      const file = await open(this.console, "r");
      try {
        const { size, mtime } = await file.stat();
        const length = Math.min(size, CONSOLE_BYTES);
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
        return { bytes: buffer.subarray(0, bytesRead), writtenAt: mtime };
      } finally {
        await file.close();
      }
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Takes the newest request for a shutdown, if there is one. */
  async takeRequest(): Promise<string | undefined> {
    const path = join(this.requests, REQUEST);
    try {
      const text = await readFile(path, "utf8");
      await rm(path);
      return text.trim();
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Removes the disk and everything but what the instance wrote. */
  async removeDisk(): Promise<void> {
    for (const path of [this.home, this.commands, this.requests, this.script]) await rm(path, { recursive: true, force: true });
  }
}

const REQUEST = "shutdown";

/** Ends the instance as `shutdown -h now`, `shutdown +5`, `shutdown -c`, `poweroff` or `halt` would. */
function shutdownCommand(requests: string): string {
  const folder = `'${requests.replaceAll("'", `'\\''`)}'`;
  return `#!/bin/sh
when=now
for argument in "$@"; do
  case "$argument" in
    -c) when=cancel ;;
    now) when=now ;;
    +[0-9]*) when=$argument ;;
    -*) ;;
    *) ;;
  esac
done
printf '%s\\n' "$when" > ${folder}/.new.$$ && mv ${folder}/.new.$$ ${folder}/${REQUEST}
`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}
