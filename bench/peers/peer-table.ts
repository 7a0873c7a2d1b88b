import { median } from "../median.js";
import { peerJobs, type PeerResult } from "./run-peers.js";

/** The medians as a table of Markdown; the road that takes two programs today is the sum of their parts. */
export function formatPeerTable(results: readonly PeerResult[], dataMib: number): string {
  const rows = peerJobs.flatMap((job) => {
    const tools = [...new Set(results.filter((result) => result.job === job).map(({ tool }) => tool))];
    return tools.map((tool) => row(job, tool, medians(results.filter((result) => result.job === job && result.tool === tool)), dataMib));
  });
  const download = medians(results.filter(({ job, tool }) => job === "download" && tool === "coldsnap"));
  for (const tool of ["restic", "kopia"]) {
    const full = medians(results.filter((result) => result.job === "full" && result.tool === tool));
    if (download === undefined || full === undefined) continue;
    const sum = (value: (facts: Figures) => number): number => value(download) + value(full);
    const both: Figures = { seconds: sum((facts) => facts.seconds), cpuSeconds: sum((facts) => facts.cpuSeconds), peakMemoryMib: Math.max(download.peakMemoryMib, full.peakMemoryMib), requests: sum((facts) => facts.requests), bytesToServer: sum((facts) => facts.bytesToServer), bytesFromServer: sum((facts) => facts.bytesFromServer) };
    rows.push(row("full from a snapshot", `coldsnap, then ${tool}`, both, dataMib));
  }
  return ["| job | program | s | CPU s | CPU s/GiB | peak MiB | requests | MiB sent | MiB received |", "|---|---|---|---|---|---|---|---|---|", ...rows.filter((line) => line !== undefined)].join("\n");
}

type Figures = Pick<PeerResult, "seconds" | "cpuSeconds" | "peakMemoryMib" | "requests" | "bytesToServer" | "bytesFromServer">;

function medians(results: readonly PeerResult[]): Figures | undefined {
  if (results.length === 0) return undefined;
  const of = (value: (result: PeerResult) => number): number => median(results.map(value));
  return { seconds: of((one) => one.seconds), cpuSeconds: of((one) => one.cpuSeconds), peakMemoryMib: of((one) => one.peakMemoryMib), requests: of((one) => one.requests), bytesToServer: of((one) => one.bytesToServer), bytesFromServer: of((one) => one.bytesFromServer) };
}

function row(job: string, tool: string, facts: Figures | undefined, dataMib: number): string | undefined {
  if (facts === undefined) return undefined;
  const { seconds, cpuSeconds, peakMemoryMib, requests, bytesToServer, bytesFromServer } = facts;
  const cells = [job, tool, seconds.toFixed(1), cpuSeconds.toFixed(2), (cpuSeconds / (dataMib / 1024)).toFixed(2), peakMemoryMib.toFixed(0), requests, (bytesToServer / 2 ** 20).toFixed(1), (bytesFromServer / 2 ** 20).toFixed(1)];
  return `| ${cells.join(" | ")} |`;
}
