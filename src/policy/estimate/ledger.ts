import { pricesOf, type AwsPrices } from "../../prices/aws-prices.js";
import type { CostItem, CostLine } from "./policy-estimate.js";

/** An amount of something in a region. */
export interface Charge {
  readonly item: CostItem;
  readonly region: string;
  readonly detail?: string | undefined;
  readonly quantity: number;
}

const units: Readonly<Record<CostItem, CostLine["unit"]>> = {
  "repository-storage": "GB-month", "archive-storage": "GB-month", "snapshot-storage": "GB-month", "replica-storage": "GB-month",
  "s3-puts": "request", "s3-gets": "request", "ebs-lists": "request", "ebs-gets": "block", "ebs-puts": "block",
  transfer: "GB", "worker-hours": "hour", "endpoint-hours": "hour", "endpoint-data": "GB", "kms-requests": "request",
};
const items = Object.keys(units) as readonly CostItem[];

/** Sums charges to lines, and puts prices to them. */
export class Ledger {
  readonly #prices: readonly AwsPrices[];
  readonly #charges = new Map<string, Charge>();

  constructor(prices: readonly AwsPrices[]) {
    this.#prices = prices;
  }

  /** Nothing is written of nothing. */
  add(charge: Charge): void {
    if (charge.quantity === 0) return;
    const key = `${charge.item}\n${charge.region}\n${charge.detail ?? ""}`;
    this.#charges.set(key, { ...charge, quantity: charge.quantity + (this.#charges.get(key)?.quantity ?? 0) });
  }

  /** In the order of the items, then by region and detail. */
  get lines(): CostLine[] {
    const name = ({ region, detail }: Charge): string => `${region} ${detail ?? ""}`;
    return [...this.#charges.values()].sort((a, b) => items.indexOf(a.item) - items.indexOf(b.item) || (name(a) < name(b) ? -1 : 1)).map((charge) => this.#line(charge));
  }

  #line({ item, region, detail, quantity }: Charge): CostLine {
    const usdPerUnit = priceOf(pricesOf(region, this.#prices).prices, item, detail);
    return { item, region, ...(detail !== undefined && { detail }), quantity, unit: units[item], ...(usdPerUnit !== undefined && { usdPerUnit }), usd: rounded(quantity * (usdPerUnit ?? 0)) };
  }
}

/** The sum of lines, as they are rounded. */
export function totalOf(lines: readonly CostLine[]): number {
  return rounded(lines.reduce((sum, { usd }) => sum + usd, 0));
}

/** Half up to a millionth of a dollar: below that are the smallest amounts of a bill. */
function rounded(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}

function priceOf(prices: AwsPrices, item: CostItem, detail: string | undefined): number | undefined {
  const s3 = prices.s3.classes[detail?.split(" ").at(-1) ?? "STANDARD"];
  switch (item) {
    case "repository-storage":
    case "archive-storage":
      return s3?.perGbMonth;
    case "s3-puts":
      return s3 && s3.perThousandPuts / 1_000;
    case "s3-gets":
      return s3 && s3.perThousandGets / 1_000;
    case "snapshot-storage":
    case "replica-storage":
      return prices.snapshots.perGbMonth;
    case "ebs-lists":
      return prices.ebsDirect.perThousandLists / 1_000;
    case "ebs-gets":
      return prices.ebsDirect.perThousandGets / 1_000;
    case "ebs-puts":
      return prices.ebsDirect.perThousandPuts / 1_000;
    case "transfer":
      return prices.transfer.to?.[detail?.replace(/^to /, "") ?? ""] ?? prices.transfer.perGb;
    case "worker-hours":
      return prices.instances[detail ?? ""];
    case "endpoint-hours":
      return prices.endpoints.perHour;
    case "endpoint-data":
      return prices.endpoints.perGb;
    case "kms-requests":
      return prices.kms.perTenThousandRequests / 10_000;
  }
}
