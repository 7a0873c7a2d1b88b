import type * as quotas from "@aws-sdk/client-service-quotas";
import { ServiceError } from "../service.js";
import type { RequestContext, ServiceDefinition } from "../service.js";

const PACKAGE = "@aws-sdk/client-service-quotas";
const COMMON = { signingName: "servicequotas", protocol: "json", apiVersion: "2019-06-24", targetPrefix: "ServiceQuotasV20190624" } as const;

const NAMES: Readonly<Record<string, string>> = {
  "L-1216C47A": "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
  "L-34B43A08": "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests",
};

/** Service Quotas as far as vCPUs of standard instances go; a launch beyond them is refused by the fault `launch-limit` alone. */
export function createServiceQuotasService({ client, vcpus }: { readonly client: Readonly<Record<string, unknown>> | undefined; readonly vcpus: number }): ServiceDefinition {
  if (client === undefined) return { ...COMMON, schemas: {}, operations: {}, unavailable: `The local cloud has no Service Quotas, because the package ${PACKAGE} is not installed: npm install ${PACKAGE}` };
  return {
    ...COMMON,
    schemas: client,
    permissions: (operation) => [{ action: `servicequotas:${operation}`, resource: "*" }],
    operations: {
      GetServiceQuota: async ({ ServiceCode, QuotaCode = "" }: quotas.GetServiceQuotaRequest, { accountId, region }: RequestContext): Promise<quotas.GetServiceQuotaResponse> => {
        const name = NAMES[QuotaCode];
        if (ServiceCode !== "ec2" || name === undefined) throw new ServiceError("NoSuchResourceException", 400, "The request failed because the specified service or quota does not exist.");
        return await Promise.resolve({ Quota: { ServiceCode, QuotaCode, QuotaName: name, QuotaArn: `arn:aws:servicequotas:${region}:${accountId}:ec2/${QuotaCode}`, Value: vcpus, Unit: "None", Adjustable: true, GlobalQuota: false } });
      },
    },
  };
}

/** The client's exports, with the schemas of its operations; undefined where that optional package is not installed. */
export async function loadServiceQuotasClient(): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return await import("@aws-sdk/client-service-quotas");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes(`'${PACKAGE}'`)) return undefined;
    throw error;
  }
}
