import { randomUUID } from "node:crypto";
import type { CallLog } from "./call-log.js";
import type { MetFault } from "./faults/faults.js";
import type { JudgedPermission } from "./judged-permission.js";
import type { Principal } from "./principal.js";

/** What is known of a call while it is served; goes into the log once. */
export class CallRecord {
  readonly startedAt = new Date();
  readonly requestId = randomUUID();
  service = "unknown";
  operation = "Unknown";
  region = "";
  principal: Principal | undefined;
  faults: readonly MetFault[] = [];
  readonly permissions: JudgedPermission[] = [];
  errorCode: string | undefined;
  failure: unknown;
  bytesIn = 0;
  readonly #log: CallLog;
  #isRecorded = false;

  constructor(log: CallLog) {
    this.#log = log;
  }

  record(status: number, bytesOut: number): void {
    if (this.#isRecorded) return;
    this.#isRecorded = true;
    this.#log.record({
      requestId: this.requestId,
      service: this.service,
      operation: this.operation,
      region: this.region,
      accountId: this.principal?.accountId ?? "",
      principalArn: this.principal?.arn ?? "",
      startedAt: this.startedAt,
      durationMs: Date.now() - this.startedAt.getTime(),
      status,
      errorCode: this.errorCode,
      bytesIn: this.bytesIn,
      bytesOut,
      faults: this.faults.map((fault) => fault.options.kind),
      permissions: this.permissions,
      failure: this.failure,
    });
  }
}
