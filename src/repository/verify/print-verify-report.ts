import { printLines } from "../../printing/printable.js";
import { bytesText } from "../../printing/words.js";
import type { VerifyReport } from "./verify-options.js";

/** How a report prints: whether all is well, how far was looked, then each finding in a line. */
export function printVerifyReport({ level, isHealthy, isComplete, restorePoints, packs, readPacks, readBytes, findings, omittedFindings }: VerifyReport): string {
  const looked = `${String(restorePoints)} restore points, ${String(packs)} packs, ${String(readPacks)} of them read (${bytesText(readBytes)})`;
  return printLines(`VerifyReport: ${isHealthy ? "healthy" : "NOT healthy"} at level ${level}, ${isComplete ? "all" : "not all"} that was asked for: ${looked}`, [
    ...findings.map(({ kind, object, problem, endangers }) => `${kind} ${object}: ${problem} ${endangers}`),
    ...(omittedFindings > 0 ? [`and ${String(omittedFindings)} findings that are not listed`] : []),
  ]);
}
