import type { CostLine, PolicyEstimate } from "./policy-estimate.js";

/** How an estimate prints: the first and the last month, the last run, what was assumed, and the prices. */
export function printEstimate({ policy, at, resources, months, assumptions, unpriced, lastRuns, prices }: PolicyEstimate): string {
  const [first, last] = [months[0], months.at(-1)];
  const lines = [`Estimate of policy ${policy}, ${at}: ${String(resources)} resources, ${usd(months.reduce((sum, month) => sum + month.usd, 0))} in ${String(months.length)} months`];
  if (first !== undefined) lines.push(`  first month ${usd(first.usd)}, ${String(first.runs)} runs`, ...first.lines.map(printLine));
  if (last !== undefined && last !== first) lines.push(`  last month ${usd(last.usd)}, ${String(last.runs)} runs`, ...last.lines.map(printLine));
  const newest = lastRuns.at(-1);
  if (newest !== undefined) lines.push(`  the last run, ${newest.startedAt}: ${usd(newest.usd)}`, ...newest.lines.map(printLine));
  lines.push(...assumptions.map(({ name, value, unit, source }) => `  ${name} ${short(value)} ${unit} (${source})`));
  if (unpriced.length > 0) lines.push(`  without a price: ${unpriced.join("; ")}`);
  lines.push(`  prices: ${prices.map(({ region, asOf, standsFor }) => `${region} of ${asOf}${standsFor === undefined ? "" : ` in place of ${standsFor}`}`).join(", ")}`);
  return lines.join("\n");
}

function printLine({ item, region, detail, quantity, unit, usd: amount }: CostLine): string {
  return `    ${item.padEnd(18)} ${usd(amount).padStart(12)}  ${short(quantity)} ${unit} in ${region}${detail === undefined ? "" : `, ${detail}`}`;
}

function usd(amount: number): string {
  return `$${amount.toFixed(amount < 1 ? 6 : 2)}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
