import type { AwsPrices } from "../../prices/aws-prices.js";
import { blockSizeBytes } from "../../ports/index.js";
import type { SessionRecord } from "../../repository/history/session-record.js";
import type { ResolvedPolicyOptions } from "../policy-options.js";
import { addRequests } from "../../repository/requests/request-counts.js";
import { closingRequests } from "./assumed.js";
import { chargeRequests, chargeWork } from "./charges.js";
import { Ledger, totalOf } from "./ledger.js";
import type { PastRunCost } from "./policy-estimate.js";
import { ebsCalls, type PastResult } from "./run-history.js";

/** What a run cost, by its record. */
export function costOfRun(options: ResolvedPolicyOptions, { session, startedAt, state }: SessionRecord, { resources, storeRequests: requests }: PastResult, prices: readonly AwsPrices[]): PastRunCost {
  const ledger = new Ledger(prices);
  for (const { resource, volumes } of resources) {
    const region = resource.split("/")[1] ?? "";
    for (const volume of volumes) {
      const machine = options.workers.machineFor?.({ region, sizeBytes: volume.sizeBytes });
      const machines = machine === undefined ? [] : [{ ...machine, hours: (volume.worker?.machineMs ?? volume.durationMs) / 3_600_000 }];
      chargeWork(ledger, options, { region, volumes: 1, ...ebsCalls(volume), changedBytes: volume.blocks.changed * blockSizeBytes, storedBytes: volume.storedBytes, machines });
    }
  }
  if (requests !== undefined) {
    chargeRequests(ledger, options.repository.storage, "repository", addRequests(requests.repository, closingRequests));
    if (requests.archive !== undefined && options.archive !== undefined) chargeRequests(ledger, options.archive.repository.storage, "archive", requests.archive);
  }
  const { lines } = ledger;
  return { session, startedAt, state, lines, usd: totalOf(lines) };
}
