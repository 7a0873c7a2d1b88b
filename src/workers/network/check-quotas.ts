import type { CallOptions, WorkerMarket, WorkerQuotas } from "../../ports/index.js";
import type { ResolvedPoolOptions } from "../pool-options.js";
import { typesOf } from "../profiles/choose-profile.js";
import type { WorkerProfile } from "../profiles/profile-options.js";
import type { PreflightFinding } from "./finding.js";

const profiles: readonly WorkerProfile[] = ["small", "medium", "large", "archiving"];

/** Looks whether the account may run as many workers as the pool may have in a region, each profile by itself and by the first of its types that is offered there, beside what runs now. */
export async function checkQuotas(options: ResolvedPoolOptions, quotas: WorkerQuotas, { region, offered, ...call }: CallOptions & { readonly region: string; readonly offered: ReadonlySet<string> }): Promise<PreflightFinding[]> {
  const { maxWorkers, maxWorkersPerRegion, spot } = options;
  const vcpus = await quotas.vcpusOf([...new Set(profiles.flatMap((profile) => typesOf(options.profiles, profile, region)))].filter((type) => offered.has(type)), call);
  const markets: readonly WorkerMarket[] = spot === "never" ? ["on-demand"] : spot === "only" ? ["spot"] : ["spot", "on-demand"];
  const workers = Math.min(maxWorkers, maxWorkersPerRegion);
  const found: PreflightFinding[] = [];
  for (const market of markets) {
    const [limit, inUse] = [await quotas.vcpuLimit(market, call), await quotas.vcpusInUse(market, call)];
    const free = Math.max(0, limit - inUse);
    for (const profile of profiles) {
      const type = typesOf(options.profiles, profile, region).find((one) => vcpus.has(one));
      const each = type === undefined ? undefined : vcpus.get(type);
      if (type === undefined || each === undefined || each * workers <= free) continue;
      const fitting = Math.floor(free / each);
      found.push({
        // spot that has no place falls back on demand, where the pool allows it
        severity: fitting === 0 && !(market === "spot" && spot === "prefer") ? "error" : "warning",
        code: fitting === 0 ? "NoQuota" : "LittleQuota",
        region,
        service: "ec2",
        message: `The quota of vCPUs of standard ${market === "spot" ? "spot" : "on-demand"} instances is ${String(limit)}, of which ${String(inUse)} are in use: there is room for ${String(fitting)} of up to ${String(workers)} workers of the profile ${profile} (${type}, ${String(each)} vCPUs each).`,
        remedy: `Have the quota ${market === "spot" ? "L-34B43A08" : "L-1216C47A"} of EC2 raised in ${region} (Service Quotas), lower maxWorkers or maxWorkersPerRegion, or name smaller types in profiles.`,
      });
    }
  }
  return found;
}
