import { ConfigurationError } from "../../errors/index.js";

/** How deep a verification goes. */
export type VerifyLevel = "metadata" | "presence" | "data";

/** How far a verification goes. */
export interface VerifyOptions {
  /** `metadata`: every record and page opens. `presence`: and every pack is there in its size. `data`: and every frame opens and is the block its id says. */
  readonly level: VerifyLevel;
  /** At level `data`: the share of the packs to read, above 0 up to 1. Default 1. */
  readonly sample?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Something that a restore point needs and that is not as it must be. */
export interface VerifyFinding {
  readonly object: string;
  readonly problem: string;
  /** The ids of the restore points that need the object. */
  readonly restorePoints: readonly string[];
}

/** What a verification saw. */
export interface VerifyReport {
  readonly level: VerifyLevel;
  readonly isHealthy: boolean;
  readonly restorePoints: number;
  readonly packs: number;
  readonly checkedPacks: number;
  readonly checkedBlocks: number;
  readonly findings: readonly VerifyFinding[];
}

/** Checks the options; raises `ConfigurationError` naming the path. */
export function checkVerifyOptions(options: VerifyOptions): { readonly level: VerifyLevel; readonly sample: number } {
  const fail = (path: string, what: string): ConfigurationError => new ConfigurationError(`${path}: ${what}`, { code: "InvalidOption", context: { path } });
  if (!["metadata", "presence", "data"].includes(options.level)) throw fail("level", `must be "metadata", "presence" or "data", not ${JSON.stringify(options.level)}.`);
  const sample = options.sample ?? 1;
  if (!(sample > 0 && sample <= 1)) throw fail("sample", `must be above 0 and at most 1, not ${String(options.sample)}.`);
  return { level: options.level, sample };
}
