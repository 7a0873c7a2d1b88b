import type { RetentionFlag } from "../../retention/retention-plan.js";
import type { CoveredPoint } from "./coverage-report-input.js";
import { html, type Html } from "./html.js";
import { dayText, timeText } from "../../printing/words.js";

const dayMs = 86_400_000;
/** So many days fit in one row on paper and on a screen, and show a month whole. */
const days = 42;
const cellSize = 20;
const gap = 3.8;
const width = days * (cellSize + gap);
const height = 46;
/** The rarest flag gives a point its colour. */
const byRarity: readonly RetentionFlag[] = ["yearly", "monthly", "weekly", "daily"];

/** The last six weeks of a resource, a square a day: coloured by the rarest flag, framed where a point is locked. */
export function pointCalendar(points: readonly CoveredPoint[], now: Date): { readonly calendar: Html; readonly firstDay: Date } {
  const today = Math.floor(now.getTime() / dayMs);
  const firstDay = new Date((today - days + 1) * dayMs);
  const byDay = new Map<number, CoveredPoint[]>();
  for (const point of points) {
    const day = Math.floor(point.createdAt.getTime() / dayMs);
    byDay.set(day, [...(byDay.get(day) ?? []), point]);
  }
  const cells = Array.from({ length: days }, (_, index) => today - days + 1 + index);
  const calendar = html`<div class="scroll latest"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Restore points of the last six weeks">
${cells.map((day, index) => cellOf(byDay.get(day) ?? [], new Date(day * dayMs), index * (cellSize + gap), now))}
</svg></div>`;
  return { calendar, firstDay };
}

function cellOf(points: readonly CoveredPoint[], day: Date, x: number, now: Date): Html {
  const flags = new Set(points.flatMap((point) => point.flags));
  const flag = byRarity.find((candidate) => flags.has(candidate));
  const isLocked = points.some(({ lockedUntil }) => lockedUntil !== undefined && lockedUntil > now);
  const colour = points.length === 0 ? "cell" : `c-${flag ?? "point"}`;
  const left = Math.round(x * 10) / 10;
  const isFirst = day.getUTCDate() === 1 || x === 0;
  return html`<rect class="${colour}" x="${left}" y="6" width="${cellSize}" height="${cellSize}" rx="5"><title>${titleOf(points, day)}</title></rect>${isLocked && html`<rect class="lock" x="${left + 1.8}" y="7.8" width="${cellSize - 3.6}" height="${cellSize - 3.6}" rx="3.5"/>`}${(isFirst || isMonday(day, x)) && html`<text x="${left}" y="42">${isFirst ? dayText(day).slice(0, -5) : String(day.getUTCDate())}</text>`}`;
}

/** Mondays bear their date, where it does not run into the name of a month. */
function isMonday(day: Date, x: number): boolean {
  return day.getUTCDay() === 1 && x > 2 * (cellSize + gap) && new Date(day.getTime() + 2 * dayMs).getUTCMonth() === day.getUTCMonth() && day.getUTCDate() > 3;
}

function titleOf(points: readonly CoveredPoint[], day: Date): string {
  if (points.length === 0) return `${dayText(day)}: no point`;
  return points
    .map(({ createdAt, flags, lockedUntil, keptUntil }) => [timeText(createdAt), flags.join(", "), lockedUntil === undefined ? "" : `locked until ${dayText(lockedUntil)}`, keptUntil === undefined ? "" : `kept until ${dayText(keptUntil)}`].filter((part) => part !== "").join("; "))
    .join("\n");
}

/** What the squares mean. */
export function calendarLegend(): Html {
  const swatch = (colour: string, text: string): Html => html`<span><svg viewBox="0 0 14 14" aria-hidden="true"><rect class="${colour}" x="0.8" y="0.8" width="12.4" height="12.4" rx="3.5"/></svg>${text}</span>`;
  return html`<div class="legend">${swatch("c-point", "point")}${[...byRarity].reverse().map((flag) => swatch(`c-${flag}`, flag))}${swatch("lock", "locked")}${swatch("cell", "no point")}</div>`;
}
