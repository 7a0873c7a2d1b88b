import { peerMedians, type PeerFigures } from "./peer-table.js";
import type { PeerJob, PeerResult } from "./run-peers.js";

/** 1,000 blocks of 512 KiB a second on two processors. */
const goalMsPerBlock = 2;
const maxPeakMib = 512;
const blocksPerMib = 2;
/** Of an increment of 1 %: what it may cost of a full backup, with the beginning and end of a run, which every run has. */
const changedShare = 0.01;

interface Goal {
  readonly text: string;
  readonly found: number;
  readonly atMost: number;
  readonly unit: string;
}

/** What issue 4 asks for, and whether these results reach it: a table of Markdown. A goal whose programs were not there is left out. */
export function formatGoals(results: readonly PeerResult[], dataMib: number): string {
  const own = (job: PeerJob): PeerFigures | undefined => peerMedians(results, job, "holdfast");
  const goals: Goal[] = [];
  const compare = (text: string, job: PeerJob, tool: string, value: (figures: PeerFigures) => number, unit: string, share = 1): void => {
    const [ours, theirs] = [own(job), peerMedians(results, job, tool)];
    if (ours !== undefined && theirs !== undefined) goals.push({ text, found: value(ours), atMost: value(theirs) * share, unit });
  };
  const cpu = (figures: PeerFigures): number => figures.cpuSeconds;
  for (const job of ["download", "upload"] as const) compare(`${job}: at most coldsnap's processor time`, job, "coldsnap", cpu, "CPU s");
  for (const tool of ["restic", "kopia"]) {
    compare(`full, from an image: at most half of ${tool}'s processor time`, "full", tool, cpu, "CPU s", 0.5);
    compare(`whole road: at most half of the processor time of coldsnap and ${tool}`, "whole road", `coldsnap, then ${tool}`, cpu, "CPU s", 0.5);
    compare(`whole road: twice as fast as coldsnap and ${tool}`, "whole road", `coldsnap, then ${tool}`, ({ seconds }) => seconds, "s", 0.5);
    compare(`full: at most ${tool}'s requests`, "full", tool, ({ requests }) => requests, "requests");
    compare(`1 % changed: at most ${tool}'s processor time`, "1 % changed", tool, cpu, "CPU s");
  }
  compare("restore: at most kopia's processor time", "restore", "kopia", cpu, "CPU s");
  const [full, unchanged, changed, road] = [own("full"), own("unchanged"), own("1 % changed"), own("whole road")];
  if (full !== undefined && unchanged !== undefined && changed !== undefined) {
    goals.push({ text: "1 % changed: no more than nothing changed and 1 % of a full backup", found: changed.cpuSeconds, atMost: unchanged.cpuSeconds + changedShare * full.cpuSeconds, unit: "CPU s" });
  }
  const jobs = [...new Set(results.map(({ job }) => job))];
  goals.push({ text: "peak memory", found: Math.max(...jobs.map((job) => own(job)?.peakMemoryMib ?? 0)), atMost: maxPeakMib, unit: "MiB" });
  if (road !== undefined) goals.push({ text: "whole road: 2.0 ms of processor a block", found: (road.cpuSeconds * 1000) / (dataMib * blocksPerMib), atMost: goalMsPerBlock, unit: "ms" });
  const rows = goals.map(({ text, found, atMost, unit }) => `| ${text} | ${round(found)} ${unit} | ${round(atMost)} ${unit} | ${found <= atMost ? "reached" : `**missed**, ${(found / atMost).toFixed(1)} times`} |`);
  return ["| goal | found | at most | |", "|---|---|---|---|", ...rows].join("\n");
}

function round(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(2);
}
