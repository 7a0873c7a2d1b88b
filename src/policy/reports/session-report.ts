import type { ResourceResult } from "../session-result.js";
import type { SessionRecord } from "../../repository/history/session-record.js";
import { html, type Html } from "./html.js";
import { pageOf, pill, tile, type Tone } from "./page.js";
import { resourcesOf } from "./recorded-resources.js";
import { resourceSection, sizesOf } from "./session-resources.js";
import { timelineChart } from "./timeline-chart.js";
import { bytesText, countText, durationText, numberText, percentText, timeText } from "../../printing/words.js";

/** Events that a report lists: the newest. */
const maxEvents = 500;

/**
 * A session as a self-contained HTML document: what became of each resource and why, how long it took, what was read, stored and asked for. It loads nothing and runs
 * nothing, and everything in it is escaped.
 *
 * @example
 * for await (const record of policy.sessions({ since })) await writeFile(`${record.session}.html`, sessionReport(record));
 */
export function sessionReport(record: SessionRecord): string {
  const resources = [...resourcesOf(record)].sort((a, b) => rank(a) - rank(b));
  const [status, tone] = statusOf(record, resources);
  const started = new Date(record.startedAt);
  const kind = record.kind ?? "policy";
  return pageOf({
    kicker: kindTitles[kind],
    title: record.policy ?? kindTitles[kind],
    subtitle: `${timeText(started)} UTC${record.endedAt === undefined ? ", not ended yet" : `, took ${durationText(Date.parse(record.endedAt) - started.getTime())}`}`,
    status: pill(status, tone, true),
    body: [
      tilesOf(record, resources),
      ...(record.error === undefined ? [] : [html`<p class="note ${tone}">${record.error.message}</p>`]),
      ...(resources.length === 0 ? factsOf(record) : [resourceSection(resources), timelineChart(resources)]),
      ...requestsOf(record),
      ...eventsOf(record),
    ],
    footer: `Session ${record.session}${typeof record.result?.["repository"] === "string" ? `, repository ${record.result["repository"]}` : ""}`,
  });
}

/** How each kind of session is called. */
export const kindTitles = { policy: "Backup run", restore: "Restore", verification: "Verification", locks: "Verification of locks", retention: "Retention" } as const;

/** In a word how it ended, and in which tone. */
export function statusOf({ state }: Pick<SessionRecord, "state">, resources: readonly Pick<ResourceResult, "outcome">[]): [string, Tone] {
  if (state === "succeeded") return resources.length > 0 && resources.every(({ outcome }) => outcome === "skipped") ? ["Nothing to do", "warn"] : ["Succeeded", "good"];
  if (state === "failed") return resources.some(({ outcome }) => outcome === "succeeded") ? ["Partly failed", "warn"] : ["Failed", "bad"];
  if (state === "running") return ["Running", "calm"];
  return state === "aborted" ? ["Aborted", "warn"] : ["Crashed", "bad"];
}

/** What needs a look comes first. */
function rank({ outcome, warnings }: ResourceResult): number {
  if (outcome === "failed") return 0;
  return warnings.length > 0 ? 1 : outcome === "skipped" ? 3 : 2;
}

function tilesOf(record: SessionRecord, resources: readonly ResourceResult[]): Html {
  const sizes = sizesOf(resources);
  const done = resources.filter(({ outcome }) => outcome === "succeeded").length;
  const requests = record.requests?.reduce((sum, count) => sum + count.requests, 0);
  const throttled = record.requests?.reduce((sum, count) => sum + count.throttled, 0) ?? 0;
  const durationMs = record.endedAt === undefined ? undefined : Date.parse(record.endedAt) - Date.parse(record.startedAt);
  return html`<div class="tiles">
${resources.length > 0 && tile(`${numberText(done)} of ${numberText(resources.length)}`, "resources backed up")}
${durationMs !== undefined && tile(durationText(durationMs), "duration")}
${resources.length > 0 && [tile(bytesText(sizes.readBytes), "read from the source"), tile(bytesText(sizes.storedBytes), "stored, sealed")]}
${sizes.readBytes > 0 && tile(percentText(Math.max(0, 1 - sizes.storedBytes / sizes.readBytes)), "saved of what was read")}
${requests !== undefined && tile(numberText(requests), throttled === 0 ? "requests, none throttled" : `requests, ${numberText(throttled)} throttled`)}
</div>`;
}

/** Of sessions without resources: their result, as it is. */
function factsOf({ result }: SessionRecord): Html[] {
  const facts = Object.entries(result ?? {}).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  const findings = Array.isArray(result?.["findings"]) ? result["findings"].filter((finding: unknown): finding is Readonly<Record<string, unknown>> => typeof finding === "object" && finding !== null) : [];
  return [
    ...(facts.length === 0 ? [] : [html`<section><h2>Result</h2><div class="scroll"><table><tbody>${facts.map(([name, value]) => html`<tr><td class="dim">${name}</td><td class="id">${String(value)}</td></tr>`)}</tbody></table></div></section>`]),
    ...(findings.length === 0 ? [] : [html`<section><h2>${countText(findings.length, "finding")}</h2>${findings.slice(0, maxEvents).map((finding) => html`<div class="resource"><div class="id">${text(finding["object"])}</div><p class="why">${text(finding["problem"])}</p><p class="small dim">${text(finding["endangers"])}</p></div>`)}</section>`]),
  ];
}

function requestsOf({ requests = [] }: SessionRecord): Html[] {
  if (requests.length === 0) return [];
  const sorted = [...requests].sort((a, b) => b.requests - a.requests);
  return [
    html`<section><h2>Requests</h2><div class="scroll"><table class="dense"><thead><tr><th>Operation</th><th>Region</th><th class="n">Requests</th><th class="n">Throttled</th><th class="n">Failed</th></tr></thead><tbody>
${sorted.map((count) => html`<tr><td>${count.service}:${count.operation}</td><td>${count.region}</td><td class="n">${numberText(count.requests)}</td><td class="n">${numberText(count.throttled)}</td><td class="n">${numberText(count.failed)}</td></tr>`)}
</tbody></table></div></section>`,
  ];
}

function eventsOf({ events }: SessionRecord): Html[] {
  if (events.length === 0) return [];
  const shown = events.slice(-maxEvents);
  return [html`<section><details><summary>${countText(events.length, "event")}${shown.length < events.length && `, the last ${numberText(shown.length)}`}</summary><div class="scroll"><table class="dense"><tbody>
${shown.map((event) => html`<tr><td class="small dim">${text(event["at"]).slice(11, 19)}</td><td class="small">${text(event["type"])}</td><td class="id">${eventDetail(event)}</td></tr>`)}
</tbody></table></div></details></section>`];
}

const maxDetailCharacters = 300;

function eventDetail({ type: _, at: __, ...rest }: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(rest).map(([name, value]) => (typeof value === "string" || typeof value === "number" ? `${name} ${String(value)}` : `${name} ${JSON.stringify(value)}`));
  const whole = parts.join(", ");
  return whole.length <= maxDetailCharacters ? whole : `${whole.slice(0, maxDetailCharacters)}…`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
