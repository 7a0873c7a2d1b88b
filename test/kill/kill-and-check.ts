import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { expectSurvival } from "./expect-survival.js";
import { runAndKill, type RunEnd } from "./run-and-kill.js";
import type { Scenario } from "./scenarios.js";

/** Runs the scenario in a fresh copy of its repository, kills it at a boundary, and checks what is left. */
export async function killAndCheck(scenario: Scenario, folder: string, killAt: number): Promise<RunEnd> {
  const repositoryPath = join(folder, `killed-${String(killAt)}`);
  if (scenario.repositoryPath !== undefined) await cp(scenario.repositoryPath, repositoryPath, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  const end = await runAndKill({ repositoryPath, keyHex: scenario.key.toString("hex"), images: scenario.killed, killAt });
  await expectSurvival(scenario, repositoryPath, end);
  await rm(repositoryPath, { recursive: true, force: true });
  return end;
}
