import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SeededRandom } from "../../src/testing/index.js";
import { CloudProcess } from "./cloud/cloud-process.js";
import { Finding } from "./finding.js";
import { judgeGrowth } from "./growth/judge-growth.js";
import { takeSample, type Sample } from "./growth/sample.js";
import { endSoak, type LastPhase } from "./last-phase.js";
import { progressLine, type SoakReport } from "./report.js";
import { Rounds } from "./round.js";
import type { SoakOptions } from "./soak-options.js";
import { World } from "./world.js";

const betweenSamplesMs = 30_000;
const betweenLinesMs = 60_000;

/** Works for so long, then ends all; what it finds is in the report, which is given also where it ended early. */
export async function soak(folder: string, { minutes, seed, isGrowthJudged }: SoakOptions, save: (report: SoakReport) => Promise<void>): Promise<SoakReport> {
  await mkdir(join(folder, "images"));
  const cloud = await CloudProcess.start(join(folder, "cloud"), seed);
  const world = new World(cloud, folder, new SeededRandom(seed));
  const rounds = new Rounds(world);
  const samples: Sample[] = [];
  const startedAtMs = performance.now();
  const report = (rest: Pick<SoakReport, "lastPhase" | "finding"> = {}): SoakReport => {
    const { tally } = rounds;
    return { seed, minutes, rounds: tally.rounds, quietRounds: tally.quietRounds, outcomes: Object.fromEntries(tally.outcomes), samples, growth: judgeGrowth(samples), ...rest };
  };
  const warnings = new Set<string>();
  const warn = ({ name, message }: Error): void => {
    // what a package says of the version of Node is no news
    if (!`${name} ${message}`.includes("NodeVersionSupportWarning")) warnings.add(`${name}: ${message}`);
  };
  process.on("warning", warn);
  let lastLineMs = -Infinity;
  const look = async (): Promise<void> => {
    const sample = await takeSample(world, { startedAtMs, rounds });
    samples.push(sample);
    if (performance.now() - lastLineMs < betweenLinesMs) return;
    lastLineMs = performance.now();
    console.error(progressLine(sample, rounds.tally));
    await save(report());
  };
  try {
    await world.begin();
    // in the first round nothing is known yet of how long a day is
    await rounds.run({ isQuiet: true });
    for (let lastSampleMs = -Infinity; performance.now() - startedAtMs < minutes * 60_000; ) {
      await rounds.run();
      if (performance.now() - lastSampleMs < betweenSamplesMs) continue;
      lastSampleMs = performance.now();
      await look();
    }
    await look();
    const lastPhase: LastPhase = await endSoak(world, rounds);
    const ended = report({ lastPhase });
    if (warnings.size > 0) return { ...ended, finding: `Node warns: ${[...warnings].join("; ")}` };
    const grown = ended.growth.filter(({ hasGrown }) => hasGrown).map(({ name }) => name);
    return grown.length === 0 || !isGrowthJudged ? ended : { ...ended, finding: `grown: ${grown.join(", ")}` };
  } catch (error) {
    return report({ finding: `in round ${String(rounds.tally.rounds)} (${rounds.story}): ${error instanceof Finding ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}` });
  } finally {
    process.off("warning", warn);
    await world.close();
    await cloud.stop();
  }
}
