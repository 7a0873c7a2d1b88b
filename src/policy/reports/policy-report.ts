import type { ResourceResult } from "../session-result.js";
import { blockSizeBytes } from "../../ports/index.js";
import type { SessionRecord } from "../../repository/history/session-record.js";
import { valueChart, type ChartValue } from "./bar-chart.js";
import { html, type Html } from "./html.js";
import { pageOf, pill, tile } from "./page.js";
import { resourcesOf } from "./recorded-resources.js";
import { sizesOf } from "./session-resources.js";
import { statusOf } from "./session-report.js";
import { bytesText, countText, dayText, durationText, numberText, percentText, timeText } from "../../printing/words.js";

/** What a report of a policy is made of. */
export interface PolicyReportInput {
  readonly policy: string;
  readonly now: Date;
  /** Of its runs, in any order. */
  readonly records: readonly SessionRecord[];
  readonly nextRuns: readonly Date[];
  /** Titles of the alerts that last, with what they say. */
  readonly alerts: readonly { readonly title: string; readonly subject: string; readonly text: string; readonly raisedAt: string }[];
}

/** Runs that the table lists: the newest. */
const maxRows = 60;
/** Runs that a chart shows: the newest. */
const maxCharted = 120;

interface Run {
  readonly record: SessionRecord;
  readonly at: Date;
  readonly durationMs: number | undefined;
  readonly resources: readonly ResourceResult[];
  readonly sizes: ReturnType<typeof sizesOf>;
  /** Of what could have changed, how much did: over volumes that were read incrementally. */
  readonly changeRate: number | undefined;
}

/** A policy over time: how its runs ended, how long they took, what they read and stored. */
export function policyReport({ policy, now, records, nextRuns, alerts }: PolicyReportInput): string {
  const runs = records.map(runOf).sort((a, b) => b.at.getTime() - a.at.getTime());
  const [latest] = runs;
  const charted = runs.slice(0, maxCharted);
  const from = runs.at(-1)?.at;
  const [status, tone] = latest === undefined ? (["Never run", "calm"] as const) : statusOf(latest.record, latest.resources);
  return pageOf({
    kicker: "Policy over time",
    title: policy,
    subtitle: from === undefined ? "no run is recorded" : `${countText(runs.length, "run")} from ${dayText(from)} to ${dayText(latest?.at ?? now)}`,
    status: pill(latest === undefined ? status : `Last run: ${status.toLowerCase()}`, tone, true),
    body: [tilesOf(runs, nextRuns), alertsOf(alerts), chartsOf(charted), tableOf(runs)],
    footer: `As of ${timeText(now)} UTC. Sizes are what runs read from the sources and stored for it; times are UTC.`,
  });
}

function runOf(record: SessionRecord): Run {
  const resources = resourcesOf(record);
  const incremental = resources.flatMap(({ volumes }) => volumes).filter(({ method }) => method === "incremental");
  const size = incremental.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const changed = incremental.reduce((sum, { blocks }) => sum + blocks.changed * blockSizeBytes, 0);
  return {
    record,
    at: new Date(record.startedAt),
    durationMs: record.endedAt === undefined || record.state === "crashed" ? undefined : Date.parse(record.endedAt) - Date.parse(record.startedAt),
    resources,
    sizes: sizesOf(resources),
    changeRate: size === 0 ? undefined : changed / size,
  };
}

function tilesOf(runs: readonly Run[], nextRuns: readonly Date[]): Html {
  const good = runs.filter(({ record }) => record.state === "succeeded").length;
  const rates = runs.map(({ changeRate }) => changeRate).filter((rate) => rate !== undefined);
  const durations = runs.map(({ durationMs }) => durationMs).filter((ms) => ms !== undefined);
  const stored = runs.reduce((sum, { sizes }) => sum + sizes.storedBytes, 0);
  const [next] = nextRuns;
  return html`<div class="tiles">${runs.length > 0 && tile(`${numberText(good)} of ${numberText(runs.length)}`, "runs succeeded")}
${durations.length > 0 && tile(durationText(middle(durations)), "usual duration")}${rates.length > 0 && tile(percentText(middle(rates)), "usual change between runs")}${tile(bytesText(stored), "stored in this time")}${next !== undefined && tile(timeText(next).replace(/ \d{4},/, ","), "next run, UTC")}</div>`;
}

/** The median: one odd night says nothing of what is usual. */
function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function alertsOf(alerts: PolicyReportInput["alerts"]): Html {
  if (alerts.length === 0) return html``;
  return html`<section><h2>${countText(alerts.length, "standing alert")}</h2>${alerts.map(({ title, subject, text, raisedAt }) => html`<div class="resource"><div class="top"><span class="name">${title}</span><span class="dim small">since ${timeText(new Date(raisedAt))}</span></div><div class="id dim">${subject}</div><p class="why">${text}</p></div>`)}</section>`;
}

function chartsOf(runs: readonly Run[]): Html {
  const tones = { good: "ok", warn: "part", bad: "fail", calm: undefined } as const;
  const values = (value: (run: Run) => number | undefined, text: (value: number) => string, isToned = false): ChartValue[] =>
    runs.flatMap((run) => {
      const found = value(run);
      const [status, tone] = statusOf(run.record, run.resources);
      return found === undefined ? [] : [{ at: run.at, value: found, tone: isToned ? tones[tone] : undefined, title: `${timeText(run.at)}: ${text(found)}${isToned ? `, ${status.toLowerCase()}` : ""}` }];
    });
  return html`<div class="charts">
${valueChart({ title: "Duration", kind: "bars", valueText: durationText, values: values(({ durationMs }) => durationMs, durationText, true) })}
${valueChart({ title: "Stored by each run", kind: "bars", isBinary: true, valueText: bytesText, values: values(({ sizes }) => sizes.storedBytes, bytesText) })}
${valueChart({ title: "Change since the run before", kind: "line", valueText: percentText, values: values(({ changeRate }) => changeRate, percentText) })}
${valueChart({ title: "Stored of what was read", kind: "line", valueText: percentText, values: values(({ sizes }) => (sizes.readBytes === 0 ? undefined : sizes.storedBytes / sizes.readBytes), percentText) })}
</div>`;
}

function tableOf(runs: readonly Run[]): Html {
  if (runs.length === 0) return html`<section><p class="dim">This policy has not run in this time.</p></section>`;
  return html`<section><h2>Runs</h2><div class="scroll"><table><thead><tr><th>Began</th><th>Outcome</th><th class="n">Resources</th><th class="n">Read</th><th class="n">Stored</th><th class="n">Requests</th><th class="n">Duration</th></tr></thead><tbody>
${runs.slice(0, maxRows).map(({ record, at, durationMs, resources, sizes }) => {
  const [status, tone] = statusOf(record, resources);
  const done = resources.filter(({ outcome }) => outcome === "succeeded").length;
  const requests = record.requests?.reduce((sum, count) => sum + count.requests, 0);
  return html`<tr><td class="t">${timeText(at)}</td><td>${pill(status, tone)}</td><td class="n">${numberText(done)} of ${numberText(resources.length)}</td><td class="n">${bytesText(sizes.readBytes)}</td><td class="n">${bytesText(sizes.storedBytes)}</td><td class="n">${requests === undefined ? "" : numberText(requests)}</td><td class="n">${durationMs === undefined ? "" : durationText(durationMs)}</td></tr>`;
})}
</tbody></table></div>${runs.length > maxRows && html`<p class="small dim">and ${numberText(runs.length - maxRows)} earlier ones</p>`}</section>`;
}
