import { median } from "../median.js";
import { peerJobs, type PeerJob, type PeerResult } from "./run-peers.js";

/** The figures of one program in one job, over all runs. */
export type PeerFigures = Pick<PeerResult, "seconds" | "cpuSeconds" | "peakMemoryMib" | "requests" | "bytesToServer" | "bytesFromServer">;

/** The medians; nothing where the program did not do this job. */
export function peerMedians(results: readonly PeerResult[], job: PeerJob, tool: string): PeerFigures | undefined {
  const own = results.filter((result) => result.job === job && result.tool === tool);
  if (own.length === 0) return undefined;
  const of = (value: (result: PeerResult) => number): number => median(own.map(value));
  return { seconds: of((one) => one.seconds), cpuSeconds: of((one) => one.cpuSeconds), peakMemoryMib: of((one) => one.peakMemoryMib), requests: of((one) => one.requests), bytesToServer: of((one) => one.bytesToServer), bytesFromServer: of((one) => one.bytesFromServer) };
}

/** As a table of Markdown: medians, and of processor and time the least and the most. */
export function formatPeerTable(results: readonly PeerResult[], dataMib: number): string {
  const rows = peerJobs.flatMap((job) => {
    const tools = [...new Set(results.filter((result) => result.job === job).map(({ tool }) => tool))].sort((a, b) => Number(b === "holdfast") - Number(a === "holdfast") || (a < b ? -1 : 1));
    return tools.map((tool) => row(results, job, tool, dataMib));
  });
  return ["| job | program | CPU s | least to most | CPU s/GiB | s | least to most | peak MiB | requests | MiB sent | MiB received |", "|---|---|---|---|---|---|---|---|---|---|---|", ...rows.filter((line) => line !== undefined)].join("\n");
}

function row(results: readonly PeerResult[], job: PeerJob, tool: string, dataMib: number): string | undefined {
  const figures = peerMedians(results, job, tool);
  if (figures === undefined) return undefined;
  const own = results.filter((result) => result.job === job && result.tool === tool);
  const range = (value: (result: PeerResult) => number): string => `${Math.min(...own.map(value)).toFixed(2)} to ${Math.max(...own.map(value)).toFixed(2)}`;
  const { seconds, cpuSeconds, peakMemoryMib, requests, bytesToServer, bytesFromServer } = figures;
  const cells = [job, tool, cpuSeconds.toFixed(2), range((one) => one.cpuSeconds), (cpuSeconds / (dataMib / 1024)).toFixed(2), seconds.toFixed(2), range((one) => one.seconds), peakMemoryMib.toFixed(0), requests, (bytesToServer / 2 ** 20).toFixed(1), (bytesFromServer / 2 ** 20).toFixed(1)];
  return `| ${cells.join(" | ")} |`;
}
