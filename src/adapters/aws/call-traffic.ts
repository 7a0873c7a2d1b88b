import type { Traffic } from "../../ports/index.js";
import type { AwsCalls } from "./aws-calls.js";

/** Counts how the calls about one resource fare, until it is closed. */
export class CallTraffic {
  #throttled = 0;
  #retried = 0;
  #listings = 0;
  /** Stops counting. */
  readonly close: () => void;

  constructor(calls: AwsCalls, subject: { readonly region: string; readonly resource: string }) {
    this.close = calls.onCall(({ region, resource, operation, isThrottled, outcome }) => {
      if (resource !== subject.resource || region !== subject.region) return;
      if (isThrottled) this.#throttled++;
      else if (outcome !== "ok") this.#retried++;
      else if (operation.startsWith("List")) this.#listings++;
    });
  }

  get counts(): Traffic {
    return { throttled: this.#throttled, retried: this.#retried, listings: this.#listings };
  }
}
