import { spawn } from "node:child_process";
import type { Clock } from "../../ports/index.js";
import { programFolders } from "../files/kernel/kernel-support.js";

/** What is kept of what a program says: its end. */
const maxOutputBytes = 64 * 1024;

/** How a program is run. */
export interface RunProgramOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Hears of everything that was said so far, whenever more is; `true` ends the program. */
  readonly onOutput?: ((said: string) => boolean) | undefined;
}

/** How a program ended. */
export interface ProgramEnd {
  /** `undefined` where it was killed: by its time limit, or by `onOutput`. */
  readonly exitCode: number | undefined;
  readonly isLate: boolean;
  /** The end of what it said, on both of its channels. */
  readonly output: string;
}

/** Runs one of the machine's programs to its end, its time limit or an abort, whichever comes first. Rejects where it is aborted or cannot be started. */
export async function runProgram(program: string, args: readonly string[], { clock, timeoutMs, signal, onOutput }: RunProgramOptions): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { PATH: programFolders.join(":"), LANG: "C.UTF-8" } });
  const ended = new AbortController();
  let output = "";
  let isLate = false;
  const kill = (): boolean => child.kill("SIGKILL");
  const hear = (piece: string): void => {
    output = (output + piece).slice(-maxOutputBytes);
    if (onOutput?.(output) === true) kill();
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", hear);
  signal.addEventListener("abort", kill, { once: true });
  const late = clock.sleep(timeoutMs, ended.signal).then(
    () => {
      isLate = true;
      kill();
    },
    () => undefined,
  );
  try {
    const exitCode = await new Promise<number | undefined>((resolve, reject) => child.once("error", reject).once("close", (code) => resolve(code ?? undefined)));
    signal.throwIfAborted();
    return { exitCode, isLate, output };
  } finally {
    signal.removeEventListener("abort", kill);
    ended.abort();
    await late;
  }
}
