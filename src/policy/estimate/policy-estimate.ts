/** What is paid for. */
export type CostItem =
  | "repository-storage"
  | "archive-storage"
  | "snapshot-storage"
  | "replica-storage"
  | "s3-puts"
  | "s3-gets"
  | "ebs-lists"
  | "ebs-gets"
  | "ebs-puts"
  | "transfer"
  | "worker-hours"
  | "endpoint-hours"
  | "endpoint-data"
  | "kms-requests";

/** One line of an estimate. JSON. */
export interface CostLine {
  readonly item: CostItem;
  readonly region: string;
  /** Which of the kind: a storage class, an instance type, the region that data goes to, whether a repository or an archive asked. */
  readonly detail?: string | undefined;
  /** In `unit`, not rounded. */
  readonly quantity: number;
  readonly unit: "GB-month" | "GB" | "request" | "block" | "hour";
  /** US dollars for one unit; absent where the prices do not name it. */
  readonly usdPerUnit?: number | undefined;
  /** US dollars, rounded half up to a millionth. 0 where there is no price: then `unpriced` names the line. */
  readonly usd: number;
}

/** A month of an estimate, counted from the moment that it was made. JSON. */
export interface EstimatedMonth {
  /** ISO 8601, included. */
  readonly from: string;
  /** ISO 8601, excluded: the same day and time a month later, or the month's last day. */
  readonly to: string;
  readonly runs: number;
  readonly lines: readonly CostLine[];
  /** The sum of the lines as they are rounded. */
  readonly usd: number;
}

/** Something that an estimate rests on. JSON. */
export interface EstimateAssumption {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** `measured`, with from what; `given`, by the caller; or `assumed`, with why. */
  readonly source: string;
}

/** What a run in the past cost, by its record: what is paid by deed, not by time. JSON. */
export interface PastRunCost {
  readonly session: string;
  readonly startedAt: string;
  readonly state: string;
  readonly lines: readonly CostLine[];
  readonly usd: number;
}

/** What a policy will cost, by line item and month. JSON. */
export interface PolicyEstimate {
  readonly policy: string;
  /** When it was made: ISO 8601. */
  readonly at: string;
  readonly currency: "USD";
  readonly resources: number;
  readonly months: readonly EstimatedMonth[];
  readonly assumptions: readonly EstimateAssumption[];
  /** Whose prices were used, and when they were noted. `standsFor`: of a region that the prices do not name. */
  readonly prices: readonly { readonly region: string; readonly asOf: string; readonly standsFor?: string | undefined }[];
  /** Lines without a price: `<item> <region> <detail>`. */
  readonly unpriced: readonly string[];
  /** The newest runs, oldest first, beside what is expected of the next ones. */
  readonly lastRuns: readonly PastRunCost[];
}
