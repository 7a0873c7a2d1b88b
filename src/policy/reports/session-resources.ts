import type { ResourceResult } from "../session-result.js";
import { blockSizeBytes } from "../../ports/index.js";
import { html, type Html } from "./html.js";
import { pill } from "./page.js";
import { bytesText, countText, durationText } from "../../printing/words.js";

/** What resources had read and stored together. */
export function sizesOf(resources: readonly ResourceResult[]): { readonly readBytes: number; readonly storedBytes: number; readonly sizeBytes: number; readonly changedBytes: number } {
  const volumes = resources.flatMap((resource) => resource.volumes);
  const sum = (value: (volume: (typeof volumes)[number]) => number): number => volumes.reduce((total, volume) => total + value(volume), 0);
  return {
    readBytes: sum(({ blocks }) => blocks.read * blockSizeBytes),
    storedBytes: sum(({ storedBytes }) => storedBytes),
    sizeBytes: sum(({ sizeBytes }) => sizeBytes),
    changedBytes: sum(({ method, blocks }) => (method === "incremental" ? blocks.read * blockSizeBytes : 0)),
  };
}

/** Each resource with what became of it, failures with their reasons. */
export function resourceSection(resources: readonly ResourceResult[]): Html {
  return html`<section><h2>Resources</h2>${resources.map(resourceOf)}</section>`;
}

const outcomes = { succeeded: ["Backed up", "good"], failed: ["Failed", "bad"], skipped: ["Left out", "calm"] } as const;

function resourceOf(result: ResourceResult): Html {
  const { resource, kind, outcome, reason, error, point, volumes, replicas, caughtUp, archived, removed, warnings, attempts, durationMs } = result;
  const { readBytes, storedBytes, sizeBytes } = sizesOf([result]);
  const [word, tone] = outcomes[outcome];
  const methods = [...new Set(volumes.map(({ method }) => method))].join(" and ");
  const full = volumes.find(({ fullReason }) => fullReason !== undefined)?.fullReason;
  return html`<div class="resource">
<div class="top"><span class="name">${resource}</span>${pill(word, tone)}</div>
<div class="facts"><span>${kind}</span>${volumes.length > 0 && html`<span>${countText(volumes.length, "volume")}, ${bytesText(sizeBytes)}</span><span>${methods}</span><span>read ${bytesText(readBytes)}, stored ${bytesText(storedBytes)}</span>`}${attempts > 1 && html`<span>${countText(attempts, "attempt")}</span>`}${durationMs > 0 && html`<span>${durationText(durationMs)}</span>`}${replicas !== undefined && replicas.length > 0 && html`<span>replicas in ${replicas.map(({ region }) => region).join(", ")}</span>`}${caughtUp !== undefined && caughtUp.length > 0 && html`<span>made up for: replicas of ${[...new Set(caughtUp.map((one) => one.point))].join(", ")} in ${caughtUp.map(({ region }) => region).join(", ")}</span>`}${archived !== undefined && archived.length > 0 && html`<span>${countText(archived.length, "copy", "copies")} archived</span>`}${removed !== undefined && removed.length > 0 && html`<span>${countText(removed.length, "point")} expired</span>`}</div>
${point !== undefined && html`<div class="id dim">${point}</div>`}
${reason !== undefined && html`<p class="small dim">${reason}</p>`}
${full !== undefined && html`<p class="small dim">Everything was read: ${full}</p>`}
${error !== undefined && html`<p class="why">${error.message}${error.code !== undefined && html` <span class="id">(${error.code})</span>`}</p>`}
${warnings.map(({ message }) => html`<p class="why soft">${message}</p>`)}
</div>`;
}
