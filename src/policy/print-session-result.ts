import { printLines } from "../printing/printable.js";
import { bytesText, durationText } from "../printing/words.js";
import { blockSizeBytes } from "../ports/index.js";
import type { ResourceResult, SessionResult } from "./session-result.js";

/** How a run's result prints: how many succeeded, then each resource in a line. */
export function printSessionResult({ policy, session, repository, durationMs, resources }: SessionResult): string {
  if (resources.length === 0) return `SessionResult of policy ${policy}: "include" selects nothing, so nothing was backed up (session ${session})`;
  const succeeded = resources.filter(({ outcome }) => outcome === "succeeded").length;
  return printLines(`SessionResult of policy ${policy}: ${String(succeeded)} of ${String(resources.length)} resources succeeded in ${durationText(durationMs)}, into ${repository} (session ${session})`, resources.map(printResource));
}

function printResource({ resource, outcome, point, reason, error, volumes, warnings }: ResourceResult): string {
  const said = error === undefined ? (reason ?? point) : `${error.code ?? error.name}: ${error.message}`;
  const readBytes = volumes.reduce((sum, { blocks }) => sum + blocks.read, 0) * blockSizeBytes;
  const storedBytes = volumes.reduce((sum, volume) => sum + volume.storedBytes, 0);
  const amounts = volumes.length === 0 ? "" : `, ${bytesText(readBytes)} read, ${bytesText(storedBytes)} stored`;
  return `${resource} ${outcome}${said === undefined ? "" : `: ${said}`}${amounts}${warnings.map(({ code }) => `, ${code}`).join("")}`;
}
