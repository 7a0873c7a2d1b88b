import type { Growth } from "./growth/judge-growth.js";
import type { Sample } from "./growth/sample.js";
import type { LastPhase } from "./last-phase.js";
import type { Tally } from "./round.js";

/** All that a soak found out. */
export interface SoakReport {
  readonly seed: number;
  readonly minutes: number;
  readonly rounds: number;
  readonly quietRounds: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly samples: readonly Sample[];
  readonly growth: readonly Growth[];
  /** Absent where there was a finding before. */
  readonly lastPhase?: LastPhase | undefined;
  readonly finding?: string | undefined;
}

const perHour = 3_600;

/** One line for who looks on. */
export function progressLine(sample: Sample, { outcomes }: Tally): string {
  const failed = [...outcomes].filter(([name]) => !/: (done|aborted|nothing|waiting|point gone)$/.test(name)).reduce((sum, [, count]) => sum + count, 0);
  const { atSeconds, rounds, points, rssMib, heapUsedMib, externalMib, handles, threads, openFiles, sockets, temporaryFiles, objects, cloudRssMib, faultsMet } = sample;
  return `${(atSeconds / 60).toFixed(1)} min: ${String(rounds)} rounds, ${String(points)} points, ${String(faultsMet)} faults met, ${String(failed)} failures that fit; rss ${rssMib.toFixed(0)}, heap ${heapUsedMib.toFixed(1)}, external ${externalMib.toFixed(1)} MiB; ${String(handles)} handles, ${String(threads)} threads, ${String(openFiles)} files, ${String(sockets)} sockets, ${String(temporaryFiles)} temporary; ${String(objects)} objects; the cloud ${cloudRssMib.toFixed(0)} MiB`;
}

/** The summary, as Markdown. */
export function summaryOf({ seed, rounds, quietRounds, outcomes, samples, growth, lastPhase, finding }: SoakReport): string {
  const last = samples.at(-1);
  const amount = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));
  return [
    `Seed ${String(seed)}: ${String(rounds)} rounds (${String(quietRounds)} of them without faults) in ${((last?.atSeconds ?? 0) / 60).toFixed(0)} minutes, ${String(last?.faultsMet ?? 0)} faults met, ${(last === undefined ? 0 : (last.cpuSeconds / last.atSeconds) * perHour / 60).toFixed(0)} minutes of processor an hour.`,
    "",
    "| | second quarter | last quarter | bound | slope an hour | |",
    "|---|---|---|---|---|---|",
    ...growth.map(({ name, before, after, bound, slopePerHour, hasGrown }) => `| ${name} | ${amount(before)} | ${amount(after)} | ${amount(bound)} | ${slopePerHour.toFixed(2)} | ${hasGrown ? "GROWN" : "level"} |`),
    "",
    "| what was done, and how it ended | times |",
    "|---|---|",
    ...Object.entries(outcomes).sort(([one], [other]) => one.localeCompare(other)).map(([name, count]) => `| ${name} | ${String(count)} |`),
    "",
    ...(lastPhase === undefined ? [] : [`Last phase: ${String(lastPhase.restoredPoints)} points with ${String(lastPhase.restoredVolumes)} volumes restored byte for byte; nothing is left but ${Object.entries(lastPhase.standing).map(([name, count]) => `${String(count)} ${name}`).join(", ")}.`]),
    ...(finding === undefined ? [] : [`FINDING: ${finding}`]),
  ].join("\n");
}
