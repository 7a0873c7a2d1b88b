import type { WorkerArchitecture } from "../../ports/index.js";
import type { ResolvedProfiles, WorkerProfile } from "./profile-options.js";

/** What a worker is for. */
export type WorkerOperation = "backup" | "restore" | "archive" | "retention" | "verification";

const bytesPerGib = 2 ** 30;

/** The profile for so many bytes of EBS; work in repositories has its own. */
export function chooseProfile({ mediumFromGib, largeAboveGib }: ResolvedProfiles, work: { readonly operation: WorkerOperation; readonly sizeBytes: number }): WorkerProfile {
  if (work.operation !== "backup" && work.operation !== "restore") return "archiving";
  const gib = work.sizeBytes / bytesPerGib;
  if (gib > largeAboveGib) return "large";
  return gib >= mediumFromGib ? "medium" : "small";
}

/** The instance types of a profile in a region, in the order in which they are tried. */
export function typesOf({ types, regions }: ResolvedProfiles, profile: WorkerProfile, region: string): readonly string[] {
  return regions[region]?.[profile] ?? types[profile];
}

/** A family's letters after its generation begin with `g` where its processors are Graviton's (EC2 user guide, "Naming conventions"); a1 came before that rule. */
export function architectureOf(instanceType: string): WorkerArchitecture {
  return /^(?:a1\.|[a-z]+\d+g)/.test(instanceType) ? "arm64" : "x64";
}

/** Whether a worker of one profile can do what another is for: archiving is like medium. */
export function isEnough(has: WorkerProfile, needs: WorkerProfile): boolean {
  return rank[has] >= rank[needs];
}

const rank: Readonly<Record<WorkerProfile, number>> = { small: 0, medium: 1, archiving: 1, large: 2 };
