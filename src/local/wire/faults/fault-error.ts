import { ServiceError } from "../../service.js";
import type { WireProtocol } from "../../service.js";
import { wireError } from "../dialect.js";
import type { MetFault } from "./faults.js";

/** The error with which the first throttling or failing fault answers, in the service's own words. */
export function faultError(protocol: WireProtocol, faults: readonly MetFault[]): ServiceError | undefined {
  for (const { options } of faults) {
    if (options.kind === "throttle") {
      return options.scope === "resource" && protocol === "restJson"
        ? new ServiceError("RequestThrottledException", 400, "The number of API requests has exceeded the limit of the snapshot.", {
            Reason: "RESOURCE_LEVEL_THROTTLE",
          })
        : wireError(protocol, "throttled");
    }
    if (options.kind === "error") {
      const usual = wireError(protocol, "internal");
      return new ServiceError(options.code ?? usual.code, options.status ?? usual.status, options.message ?? usual.message);
    }
  }
  return undefined;
}
