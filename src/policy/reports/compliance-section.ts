import type { ComplianceReport } from "../compliance/compliance-report.js";
import { html, type Html } from "./html.js";
import { pill } from "./page.js";
import { numberText } from "../../printing/words.js";

const titles: Readonly<Record<ComplianceReport["findings"][number]["control"], string>> = {
  protectEverything: "Everything is protected",
  pointEveryHours: "Points are made often enough",
  keepDays: "Points are kept long enough",
  encrypted: "Encrypted",
  immutableDays: "Immutable",
  copyInOtherRegionWithinHours: "A copy in another region",
  newestPointWithinHours: "The newest point is young",
  verifiedRestoreWithinDays: "A restore was verified",
};

/** The controls with what was found, those that are not met first and open. */
export function complianceSection({ findings, isCompliant }: ComplianceReport): Html {
  const controls = [...new Set(findings.map(({ control }) => control))].map((control) => ({ control, of: findings.filter((finding) => finding.control === control) }));
  const broken = (of: readonly { readonly isMet: boolean }[]): number => of.filter(({ isMet }) => !isMet).length;
  const ordered = controls.sort((a, b) => broken(b.of) - broken(a.of));
  return html`<section><h2>Compliance ${pill(isCompliant ? "all controls are met" : "not all controls are met", isCompliant ? "good" : "bad")}</h2>
${ordered.map(({ control, of }) => html`<div class="resource"><div class="top"><span class="name">${titles[control]}</span>${broken(of) === 0 ? pill("met", "good") : pill(`${numberText(broken(of))} of ${numberText(of.length)} not met`, "bad")}</div>
${of.filter(({ isMet }) => !isMet).map(({ subject, evidence, remedy }) => html`<p class="id">${subject}</p><p class="why">${evidence}</p>${remedy !== undefined && html`<p class="small dim">${remedy}</p>`}`)}
${of.some(({ isMet }) => isMet) && html`<details><summary class="small">Evidence</summary>${of.filter(({ isMet }) => isMet).map(({ subject, evidence }) => html`<p class="small"><span class="id">${subject}</span> ${evidence}</p>`)}</details>`}</div>`)}
</section>`;
}
