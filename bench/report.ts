import { execFile } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { promisify } from "node:util";
import { blockSizeBytes } from "../src/ports/index.js";
import { median } from "./median.js";
import { phaseNames, type PhaseFacts, type PhaseName } from "./phases/phase.js";
import type { PeerResult } from "./peers/run-peers.js";
import type { ServerCalls } from "./server.js";

/** One phase of one run. */
export type PhaseResult = PhaseFacts & ServerCalls & { readonly phase: PhaseName };

/** The figures of a phase: medians over the runs. */
export interface PhaseFigures extends Omit<PhaseResult, "phase"> {
  /** Of data that was read or restored; zero blocks and blocks that an increment left alone do not count. */
  readonly mibPerSecond: number;
  readonly cpuSecondsPerGib: number;
}

/** All that the JSON file says. */
export interface BenchReport {
  readonly machine: { readonly node: string; readonly cpu: string; readonly cores: number; readonly memoryGib: number; readonly loadAtStart: number };
  readonly image: { readonly sizeMib: number; readonly made: string; readonly changedBlocks: number };
  readonly runs: number;
  readonly phases: Readonly<Record<PhaseName, PhaseFigures>>;
  readonly results: readonly PhaseResult[];
  /** Where `--peers` asked for them. */
  readonly peers?: readonly PeerResult[] | undefined;
}

/** What the figures depend on. */
export async function describeMachine(node: string): Promise<BenchReport["machine"]> {
  const { stdout } = await promisify(execFile)(node, ["--version"]);
  return { node: stdout.trim(), cpu: cpus()[0]?.model ?? "unknown", cores: availableParallelism(), memoryGib: Math.round(totalmem() / 2 ** 30), loadAtStart: loadavg()[0] ?? 0 };
}

/** One line about what the figures depend on. */
export function describeRun({ machine, image, runs }: BenchReport, dataMib: number): string {
  const { node, cpu, cores, memoryGib, loadAtStart } = machine;
  return `${cpu}, ${String(cores)} cores, ${String(memoryGib)} GiB, Node ${node}; disk of ${String(image.sizeMib)} MiB (${image.made}), ${dataMib.toFixed(0)} MiB of data, ${String(image.changedBlocks)} blocks changed; ${String(runs)} runs; load ${loadAtStart.toFixed(1)} at the start, ${(loadavg()[0] ?? 0).toFixed(1)} at the end.`;
}

/** Takes the medians. */
export function summarize(results: readonly PhaseResult[]): BenchReport["phases"] {
  const figures = (phase: PhaseName): PhaseFigures => {
    const own = results.filter((result) => result.phase === phase);
    const of = (value: (result: PhaseResult) => number): number => median(own.map(value));
    const mib = (result: PhaseResult): number => (result.blocks * blockSizeBytes) / 2 ** 20;
    return {
      seconds: of((result) => result.seconds),
      cpuSeconds: of((result) => result.cpuSeconds),
      peakMemoryMib: of((result) => result.peakMemoryMib),
      blocks: of((result) => result.blocks),
      storedBlocks: of((result) => result.storedBlocks),
      requests: of((result) => result.requests),
      puts: of((result) => result.puts),
      gets: of((result) => result.gets),
      bytesToServer: of((result) => result.bytesToServer),
      bytesFromServer: of((result) => result.bytesFromServer),
      mibPerSecond: of((result) => mib(result) / result.seconds),
      cpuSecondsPerGib: of((result) => (result.blocks === 0 ? 0 : result.cpuSeconds / (mib(result) / 1024))),
    };
  };
  return Object.fromEntries(phaseNames.map((phase) => [phase, figures(phase)])) as Record<PhaseName, PhaseFigures>;
}

/** The figures as a table of Markdown. */
export function formatTable({ phases }: BenchReport): string {
  const rows = phaseNames.map((phase) => {
    const { seconds, mibPerSecond, cpuSecondsPerGib, peakMemoryMib, blocks, storedBlocks, requests, bytesToServer, bytesFromServer } = phases[phase];
    const cells = [phase, seconds.toFixed(2), mibPerSecond.toFixed(0), cpuSecondsPerGib.toFixed(1), peakMemoryMib.toFixed(0), blocks, storedBlocks, requests, mib(bytesToServer), mib(bytesFromServer)];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| phase | s | MiB/s | CPU s/GiB | peak MiB | blocks | stored | requests | MiB sent | MiB received |", "|---|---|---|---|---|---|---|---|---|---|", ...rows].join("\n");
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
