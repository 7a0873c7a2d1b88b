import { invalidOption } from "../../options/option-error.js";
import type { RestorePoint } from "./restore-point.js";

/** Raises `ConfigurationError` for what is neither a restore point nor an id: most often the result of a run, or what is missing in one. */
export function checkPoint(point: RestorePoint | string): void {
  const given: unknown = point;
  if (typeof given === "string" || (typeof given === "object" && given !== null && "id" in given && "volumes" in given)) return;
  throw invalidOption("point", given, "must be a restore point or its id, as repository.restorePoints() and the resources of a run's result have it.");
}

/** The ids of a list of restore points. */
export function checkPoints(points: readonly (RestorePoint | string)[]): string[] {
  if (!Array.isArray(points)) throw invalidOption("points", points, "must be a list of restore points or their ids.");
  return points.map(pointId);
}

/** The id of what was given as a restore point. */
export function pointId(point: RestorePoint | string): string {
  checkPoint(point);
  return typeof point === "string" ? point : point.id;
}
