import type { ResourceResult } from "../session-result.js";
import { html, type Html } from "./html.js";
import { durationText } from "../../printing/words.js";

/** Resources that the chart has a row for: those that took longest. */
const maxRows = 40;
const width = 1_000;
const labelWidth = 190;
const rowHeight = 22;
const maxLabelCharacters = 26;

/** When each resource was worked on, as bars one below the other. */
export function timelineChart(resources: readonly ResourceResult[]): Html {
  const rows = resources
    .filter(({ durationMs }) => durationMs > 0)
    .sort((a, b) => b.durationMs - a.durationMs)
    .slice(0, maxRows)
    .sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  if (rows.length < 2) return html``;
  const fromMs = Math.min(...rows.map(({ startedAt }) => Date.parse(startedAt)));
  const spanMs = Math.max(1, Math.max(...rows.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs)) - fromMs);
  const x = (ms: number): number => labelWidth + ((ms - fromMs) / spanMs) * (width - labelWidth);
  const height = rows.length * rowHeight + 22;
  const marks = [0, 0.25, 0.5, 0.75, 1];
  return html`<section><h2>Timeline</h2><div class="scroll wide"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="When each resource was worked on">
${marks.map((share) => html`<line class="rule" x1="${x(fromMs + share * spanMs)}" y1="0" x2="${x(fromMs + share * spanMs)}" y2="${height - 18}"/><text x="${x(fromMs + share * spanMs)}" y="${height - 4}" text-anchor="${share === 1 ? "end" : share === 0 ? "start" : "middle"}">${durationText(share * spanMs)}</text>`)}
${rows.map(({ resource, outcome, startedAt, durationMs }, row) => {
  const name = resource.split("/").slice(2).join("/") || resource;
  const label = name.length <= maxLabelCharacters ? name : `${name.slice(0, maxLabelCharacters - 1)}…`;
  const start = x(Date.parse(startedAt));
  return html`<text x="0" y="${row * rowHeight + 15}">${label}</text><rect class="bar ${outcome === "failed" ? "fail" : "ok"}" x="${start}" y="${row * rowHeight + 4}" width="${Math.max(3, (durationMs / spanMs) * (width - labelWidth))}" height="14" rx="4"><title>${resource}: ${durationText(durationMs)}</title></rect>`;
})}
</svg></div></section>`;
}
