import type { ServiceQuotasClient, ServiceQuotasClientConfig } from "@aws-sdk/client-service-quotas";
import type * as quotas from "@aws-sdk/client-service-quotas";
import { ConfigurationError } from "../../../errors/index.js";
import { RegionalClients } from "../regional-clients.js";

const packageName = "@aws-sdk/client-service-quotas";

/** The Service Quotas clients of each region, made once their package is loaded. */
export class LazyQuotasClients {
  readonly #configure: (region: string) => ServiceQuotasClientConfig;
  #clients: RegionalClients<ServiceQuotasClient> | undefined;

  constructor(configure: (region: string) => ServiceQuotasClientConfig) {
    this.#configure = configure;
  }

  async of(region: string): Promise<ServiceQuotasClient> {
    const { ServiceQuotasClient: Client } = await loadQuotas();
    this.#clients ??= new RegionalClients<ServiceQuotasClient>(undefined, (forRegion) => new Client(this.#configure(forRegion)));
    return this.#clients.of(region);
  }

  destroy(): void {
    this.#clients?.destroy();
  }
}

/** The client's package, loaded when it is first used; `ConfigurationError` (`MissingPackage`) where it is not installed. */
export async function loadQuotas(): Promise<typeof quotas> {
  try {
    return await import("@aws-sdk/client-service-quotas");
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND" && cause.message.includes(`'${packageName}'`);
    if (!isMissing) throw cause;
    throw new ConfigurationError(`Quotas are asked for by the package ${packageName}, which is not installed: npm install ${packageName}. It is optional, since only a preflight of workers needs it.`, {
      code: "MissingPackage",
      context: { package: packageName },
      cause,
    });
  }
}
