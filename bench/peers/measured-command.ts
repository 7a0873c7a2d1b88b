import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a command took. */
export interface CommandFacts {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMemoryMib: number;
}

/** Of Linux, on every architecture. */
const ticksPerSecond = 100;
const lookEveryMs = 20;

/** Runs a command and measures it by Linux's own books: processor time of ended children, highest memory. Its failure rejects with its last words. */
export async function measureCommand(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<CommandFacts> {
  const before = childrenCpuSeconds();
  const startedAtMs = performance.now();
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const keep = (data: Buffer): void => {
    said = (said + data.toString("utf8")).slice(-2_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let peakMemoryMib = 0;
  const look = setInterval(() => {
    peakMemoryMib = Math.max(peakMemoryMib, peakOf(child.pid ?? 0));
  }, lookEveryMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => {
    clearInterval(look);
  });
  const seconds = (performance.now() - startedAtMs) / 1000;
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${String(code)}: ${said}`);
  return { seconds, cpuSeconds: childrenCpuSeconds() - before, peakMemoryMib };
}

/** Processor time of all children that have ended: fields 16 and 17 of proc(5)'s stat. */
function childrenCpuSeconds(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    // it has ended
    return 0;
  }
}
