import { html, type Html } from "./html.js";
import { dayText } from "../../printing/words.js";

/** One value at one time. */
export interface ChartValue {
  readonly at: Date;
  readonly value: number;
  /** How it is drawn. Default: plainly. */
  readonly tone?: "ok" | "part" | "fail" | undefined;
  /** What a reader sees who points at it. */
  readonly title: string;
}

/** What a chart is called, and how its values read. */
export interface ChartOptions {
  readonly title: string;
  readonly values: readonly ChartValue[];
  readonly valueText: (value: number) => string;
  readonly kind: "bars" | "line";
  /** Whether the scale ends at a power of two, as bytes read well. */
  readonly isBinary?: boolean | undefined;
}

const width = 520;
const height = 190;
const left = 62;
const bottom = 24;
const top = 8;
const maxBarWidth = 26;
const tolerance = 1.02;

/** A chart of values over time, with a scale that begins at zero. */
export function valueChart({ title, values, valueText, kind, isBinary = false }: ChartOptions): Html {
  const ordered = [...values].sort((a, b) => a.at.getTime() - b.at.getTime());
  const first = ordered[0];
  const last = ordered.at(-1);
  if (first === undefined || last === undefined) return html`<section><h2>${title}</h2><p class="dim">Nothing was measured in this time.</p></section>`;
  const most = niceCeiling(Math.max(...ordered.map(({ value }) => value)), isBinary);
  const step = (width - left) / ordered.length;
  const x = (index: number): number => round(left + step * (index + 0.5));
  const y = (value: number): number => round(top + (height - top - bottom) * (1 - value / most));
  const barWidth = round(Math.min(maxBarWidth, step * 0.7));
  const points = ordered.map(({ value }, index) => `${String(x(index))},${String(y(value))}`);
  return html`<section><h2>${title}</h2><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}, from ${dayText(first.at)} to ${dayText(last.at)}">
${[0, 0.5, 1].map((share) => html`<line class="rule" x1="${left}" x2="${width}" y1="${y(most * share)}" y2="${y(most * share)}"/><text x="${left - 8}" y="${y(most * share) + 4}" text-anchor="end">${valueText(most * share)}</text>`)}
${kind === "line" && html`<polygon class="area" points="${x(0)},${y(0)} ${points.join(" ")} ${x(ordered.length - 1)},${y(0)}"/><polyline class="line" points="${points.join(" ")}"/>`}
${ordered.map(({ value, tone, title: told }, index) =>
  kind === "line"
    ? html`<circle class="dot" cx="${x(index)}" cy="${y(value)}" r="${ordered.length > 60 ? 1.5 : 3}"><title>${told}</title></circle>`
    : html`<rect class="bar ${tone ?? ""}" x="${round(x(index) - barWidth / 2)}" y="${Math.min(y(value), height - bottom - 2)}" width="${barWidth}" height="${Math.max(2, round(height - bottom - y(value)))}" rx="${Math.min(3, barWidth / 3)}"><title>${told}</title></rect>`,
)}
<text x="${left}" y="${height - 6}">${dayText(first.at)}</text>${ordered.length > 1 && html`<text x="${width}" y="${height - 6}" text-anchor="end">${dayText(last.at)}</text>`}
</svg></section>`;
}

/** The end of the scale: what reads well, and is not below the highest value by more than its bar may stand out. */
function niceCeiling(value: number, isBinary: boolean): number {
  if (!(value > 0)) return 1;
  if (isBinary) return 2 ** Math.ceil(Math.log2(value));
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 6, 8, 10].find((factor) => factor * power * tolerance >= value) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
