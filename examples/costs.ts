/**
 * What a policy will cost before it has ever run, by its own estimate: `npx tsx examples/costs.ts`
 *
 * The tables of docs/guides/costs.md are what this prints.
 */
import { randomBytes } from "node:crypto";
import { Policy, Repository, s3Storage, WorkerPool, type CostItem, type EstimatedMonth, type PolicyEstimate, type PolicyOptions } from "holdfast";
import { FakeClock } from "holdfast/testing";
import { runExample, type Print } from "./support/run-example.js";
import { inWorld, makeBucket, makeRepository, region } from "./support/world.js";

export async function costs(print: Print): Promise<void> {
  await inWorld(async ({ account, cloud }) => {
    const clock = new FakeClock({ startAt: new Date("2026-12-01T00:00:00Z"), jumpsToSleepers: true });
    for (let server = 0; server < 10; server++) await cloud.volumes.create({ sizeGib: 100, availabilityZone: `${region}a`, tags: { backup: "gold" } });
    const repository = await makeRepository(account, clock);
    const cold = s3Storage({ account, bucket: await makeBucket(account, "archive"), storageClass: "DEEP_ARCHIVE" });
    const archive = await Repository.create({ storage: cold, encryption: { key: randomBytes(32) } }, { clock });

    const options: PolicyOptions = {
      name: "gold",
      account,
      include: [{ tag: { backup: "gold" } }],
      schedule: { daily: { hours: [2] }, weekly: { on: "sunday" }, monthly: { on: 1 } },
      backup: { repository, retention: { daily: 7, weekly: 4, monthly: 12 } },
    };
    const workers = new WorkerPool({
      account,
      configurationBucket: "configuration",
      applianceId: "example",
      bundles: { x64: "holdfast-mover-x64.tar.gz" },
      networks: { [region]: { subnetIds: ["subnet-0a", "subnet-0b"] } },
      privateNetworking: true,
    });
    const estimateOf = async (changed: Partial<PolicyOptions>, assumptions = {}): Promise<PolicyEstimate> => await new Policy({ ...options, ...changed }, { clock }).estimate({ months: 12, assumptions });

    const estimate = await estimateOf({});
    printLines(print, estimate);
    print("");
    print("| what is changed | month 1 | month 12 | all 12 |");
    print("|---|---|---|---|");
    const archived = { backup: { repository, retention: { daily: 7, weekly: 4, monthly: 1 } }, archive: { repository: archive, retention: { monthly: 12 } } };
    printTotal(print, "nothing", estimate);
    printTotal(print, "3 snapshots are kept, not 1", await estimateOf({ snapshots: { keep: 3 } }));
    printTotal(print, "a replica in eu-north-1", await estimateOf({ replicas: [{ region: "eu-north-1", keep: 1 }] }));
    printTotal(print, "workers in a private network of two subnets", await estimateOf({ workers }));
    printTotal(print, "monthly points in Deep Archive", await estimateOf(archived));
    printTotal(print, "1 % changes in a day, not 3 %", await estimateOf({}, { dailyChange: 0.01 }));
    await workers.close();
  });
}

function printLines(print: Print, { months, prices }: PolicyEstimate): void {
  const [first, last] = [months[0], months.at(-1)];
  if (first === undefined || last === undefined) throw new Error("An estimate has a month at least.");
  print(`Prices of ${prices.map(({ region: of, asOf }) => `${of} as of ${asOf}`).join(", ")}.`);
  print("| item | month 1 | USD | month 12 | USD |");
  print("|---|---|---|---|---|");
  const items = new Set<CostItem>([...first.lines, ...last.lines].map(({ item }) => item));
  for (const item of items) print(`| ${item} | ${amount(first, item)} | ${dollars(sum(first, item))} | ${amount(last, item)} | ${dollars(sum(last, item))} |`);
  print(`| all | ${String(first.runs)} runs | ${dollars(first.usd)} | ${String(last.runs)} runs | ${dollars(last.usd)} |`);
}

function printTotal(print: Print, what: string, { months }: PolicyEstimate): void {
  print(`| ${what} | ${dollars(months[0]?.usd ?? 0)} | ${dollars(months.at(-1)?.usd ?? 0)} | ${dollars(months.reduce((total, { usd }) => total + usd, 0))} |`);
}

function sum({ lines }: EstimatedMonth, item: CostItem): number {
  return lines.filter((line) => line.item === item).reduce((total, { usd }) => total + usd, 0);
}

function amount({ lines }: EstimatedMonth, item: CostItem): string {
  const of = lines.filter((line) => line.item === item);
  const quantity = of.reduce((total, line) => total + line.quantity, 0);
  return `${quantity.toLocaleString("en", { maximumFractionDigits: 0 })} ${of[0]?.unit ?? ""}`.trim();
}

function dollars(usd: number): string {
  return usd.toFixed(2);
}

await runExample(import.meta.url, costs);
