import type { Tags } from "../../ports/index.js";

/** Whose worker this is: the appliance's id. */
export const applianceTag = "holdfast:appliance";
/** Which worker this is: what carries this and the appliance's tag is the engine's, and nothing else is. */
export const workerTag = "holdfast:worker";

/** The engine's own tags on a worker's instance, volume and network interface. */
export function ownTags(applianceId: string, worker: string): Tags {
  return { [applianceTag]: applianceId, [workerTag]: worker };
}
