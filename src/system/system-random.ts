import { randomBytes } from "node:crypto";
import type { Random } from "../ports/index.js";

/** The operating system's randomness. */
export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  fraction: () => Math.random(),
};
