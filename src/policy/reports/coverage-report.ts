import type { RetentionFlag } from "../../retention/retention-plan.js";
import type { CoveredPoint, CoveredResource, CoverageReportInput } from "./coverage-report-input.js";
import { pointCalendar, calendarLegend } from "./point-calendar.js";
import { html, type Html } from "./html.js";
import { pageOf, pill, tile } from "./page.js";
import { agoText, countText, dayText, numberText, timeText } from "../../printing/words.js";

/** Points before the calendar that are named one by one: the newest. */
const maxOlder = 40;
const letters: Readonly<Record<RetentionFlag, string>> = { daily: "D", weekly: "W", monthly: "M", yearly: "Y" };

/** What is protected and how far back: unprotected resources first, then each resource's points as a calendar. */
export function coverageReport({ policy, repository, now, resources, unprotected, sections = [] }: CoverageReportInput): string {
  const pointless = resources.filter(({ isSelected, points }) => isSelected && points.length === 0);
  const ordered = [...resources].sort((a, b) => a.points.length - b.points.length === 0 ? 0 : a.points.length === 0 ? -1 : b.points.length === 0 ? 1 : 0);
  const points = resources.flatMap((resource) => resource.points);
  const exposed = unprotected.length + pointless.length;
  return pageOf({
    kicker: "Protection coverage",
    title: policy,
    subtitle: `${countText(resources.length, "resource")}, ${countText(points.length, "restore point")}`,
    status: exposed === 0 ? pill("Everything is protected", "good", true) : pill(`${countText(exposed, "resource")} without protection`, "bad", true),
    body: [
      html`<div class="tiles">${tile(numberText(resources.filter((resource) => resource.points.length > 0).length), "resources with points")}${tile(numberText(exposed), "resources without")}${tile(numberText(points.length), "restore points")}${tile(numberText(points.filter(({ lockedUntil }) => lockedUntil !== undefined && lockedUntil > now).length), "of them locked now")}</div>`,
      unprotectedSection(unprotected),
      ...sections,
      html`<section><h2>Restore points, day by day</h2>${resources.length === 0 ? html`<p class="dim">Nothing is selected and no point is there.</p>` : [calendarLegend(), ordered.map((resource) => resourceRow(resource, now))]}</section>`,
    ],
    footer: `As of ${timeText(now)} UTC. Repository ${repository}. Days are of UTC.`,
  });
}

function unprotectedSection(unprotected: CoverageReportInput["unprotected"]): Html {
  if (unprotected.length === 0) return html``;
  return html`<section><h2>${countText(unprotected.length, "resource")} that no policy protects</h2><div class="scroll"><table><thead><tr><th>Resource</th><th>Kind</th><th>Why</th></tr></thead><tbody>
${unprotected.map(({ resource, kind, name, reason }) => html`<tr><td>${name !== undefined && html`<div class="name">${name}</div>`}<div class="id">${resource}</div></td><td>${kind}</td><td>${reason}</td></tr>`)}
</tbody></table></div></section>`;
}

function resourceRow({ resource, name, kind, isSelected, points }: CoveredResource, now: Date): Html {
  const ordered = [...points].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  const [newest] = ordered;
  const oldest = ordered.at(-1);
  const { calendar, firstDay } = pointCalendar(ordered, now);
  const older = ordered.filter(({ createdAt }) => createdAt < firstDay);
  return html`<div class="resource">
<div class="top"><span class="name">${name ?? resource.split("/").at(-1)}</span>${newest === undefined ? pill("No restore point", "bad") : !isSelected ? pill("Selected no more", "warn") : html`<span class="dim small">newest ${agoText(newest.createdAt, now)}</span>`}</div>
<div class="facts"><span class="id">${resource}</span><span>${kind}</span><span>${countText(points.length, "point")}</span>${oldest !== undefined && points.length > 1 && html`<span>back to ${dayText(oldest.createdAt)}</span>`}</div>
${points.length > 0 && calendar}
${older.length > 0 && html`<div class="chips">${older.slice(0, maxOlder).map(chipOf(now))}${older.length > maxOlder && html`<span class="chip">and ${numberText(older.length - maxOlder)} more</span>`}</div>`}
</div>`;
}

function chipOf(now: Date): (point: CoveredPoint) => Html {
  return ({ createdAt, flags, lockedUntil }) => html`<span class="chip">${dayText(createdAt)} <b>${flags.map((flag) => letters[flag]).join(" ")}</b>${lockedUntil !== undefined && lockedUntil > now && html` locked`}</span>`;
}
