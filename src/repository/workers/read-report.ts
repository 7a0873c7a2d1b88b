import type { z } from "zod";
import { IntegrityError } from "../../errors/index.js";

/** What a worker says that it did in a repository; `IntegrityError` (`DamagedOutcome`) where it is no such report. */
export function readReport<Report>(schema: z.ZodType<Report>, report: unknown, what: string): Report {
  const parsed = schema.safeParse(report);
  if (parsed.success) return parsed.data;
  throw damagedReport(`is not what ${what} gives`, parsed.error);
}

/** The error for a worker's word that is not so. */
export function damagedReport(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError(`What a worker says of its work in the repository ${why}. Nothing of it was used: run it again, and look at the worker's log.`, { code: "DamagedOutcome", cause });
}
