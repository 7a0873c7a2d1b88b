import { expectSurvival } from "./expect-survival.js";
import { runAndKill, type RunEnd } from "./run-and-kill.js";
import type { Scenario } from "./scenarios.js";

/** Runs the scenario in a fresh copy of its repository, kills it at a boundary, and checks what is left. */
export async function killAndCheck(scenario: Scenario, killAt: number): Promise<RunEnd> {
  const { places, repository, key, killed } = scenario;
  const place = places.at(`killed-${String(killAt)}`);
  if (repository !== undefined) await places.copy(repository, place);
  const end = await runAndKill({ place, keyHex: key.toString("hex"), images: killed, killAt });
  await expectSurvival(scenario, place, end);
  await places.remove(place);
  return end;
}
