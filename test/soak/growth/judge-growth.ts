import type { Sample } from "./sample.js";

/** How one thing that may not grow came along. */
export interface Growth {
  readonly name: string;
  /** Median of the second quarter of the time. */
  readonly before: number;
  /** Median of the last. */
  readonly after: number;
  /** What `after` may be at most. */
  readonly bound: number;
  /** By least squares over all but the first quarter, an hour. */
  readonly slopePerHour: number;
  readonly hasGrown: boolean;
}

type Measure = { readonly name: string; readonly of: (sample: Sample) => number; readonly bound: (before: number) => number };

const few = 4;
const fewSockets = 16;
const heapSlackMib = 16;
const tenthOr = (before: number): number => Math.max(1.1 * before, before + heapSlackMib);

const measures: readonly Measure[] = [
  { name: "memory of the process, MiB", of: ({ rssMib }) => rssMib, bound: (before) => 1.15 * before },
  { name: "heap in use, MiB", of: ({ heapUsedMib }) => heapUsedMib, bound: tenthOr },
  { name: "external memory, MiB", of: ({ externalMib }) => externalMib, bound: tenthOr },
  { name: "array buffers, MiB", of: ({ arrayBuffersMib }) => arrayBuffersMib, bound: tenthOr },
  { name: "handles", of: ({ handles }) => handles, bound: (before) => before + few },
  { name: "threads", of: ({ threads }) => threads, bound: (before) => before + few },
  { name: "open files", of: ({ openFiles }) => openFiles, bound: (before) => before + few },
  { name: "sockets", of: ({ sockets }) => sockets, bound: (before) => before + fewSockets },
  { name: "listeners of a lasting signal", of: ({ listeners }) => listeners, bound: () => 0 },
  { name: "temporary files", of: ({ temporaryFiles }) => temporaryFiles, bound: (before) => before + few },
];

/** Compares the last quarter of the time with the second: the first is for warming up. */
export function judgeGrowth(samples: readonly Sample[]): readonly Growth[] {
  const end = samples.at(-1)?.atSeconds ?? 0;
  const quarter = (number: number): readonly Sample[] => samples.filter(({ atSeconds }) => atSeconds >= (number / 4) * end && atSeconds <= ((number + 1) / 4) * end);
  return measures.map(({ name, of, bound }) => {
    const before = median(quarter(1).map(of));
    const after = median(quarter(3).map(of));
    const slope = slopeOf(samples.filter(({ atSeconds }) => atSeconds >= end / 4).map((sample) => [sample.atSeconds / 3_600, of(sample)] as const));
    return { name, before, after, bound: bound(before), slopePerHour: slope, hasGrown: quarter(1).length > 0 && after > bound(before) };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? sorted.at(-1) ?? 0)) / 2;
}

function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
