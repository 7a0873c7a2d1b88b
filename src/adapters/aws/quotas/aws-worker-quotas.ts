import type { _InstanceType } from "@aws-sdk/client-ec2";
import { ProviderError } from "../../../errors/index.js";
import type { CallOptions, WorkerMarket, WorkerQuotas } from "../../../ports/index.js";
import type { AwsCalls } from "../aws-calls.js";
import type { Ec2Package, QuotasPackage } from "../clients/aws-packages.js";
import type { LazyClient } from "../clients/lazy-client.js";
import { maxResults, walkPages } from "../ec2/walk-pages.js";

export interface AwsWorkerQuotasOptions {
  readonly region: string;
  readonly ec2: LazyClient<Ec2Package>;
  readonly calls: AwsCalls;
  readonly quotas: LazyClient<QuotasPackage>;
}

/** "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances" and "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests": their codes are the same in all regions and accounts. */
const quotaCodes: Readonly<Record<WorkerMarket, string>> = { "on-demand": "L-1216C47A", spot: "L-34B43A08" };
/** The families that these count; DL, F, G, HPC, Inf, P, Trn, U, VT and X have quotas of their own. */
const standard = /^(?:[acdhimrtz]|im|is)\d/;

/** Asks Service Quotas for what is allowed, and EC2 for what runs. */
export class AwsWorkerQuotas implements WorkerQuotas {
  readonly #options: AwsWorkerQuotasOptions;

  constructor(options: AwsWorkerQuotasOptions) {
    this.#options = options;
  }

  async vcpuLimit(market: WorkerMarket, { signal }: CallOptions = {}): Promise<number> {
    const { calls, quotas, region } = this.#options;
    const call = { service: "servicequotas", operation: "GetServiceQuota", region } as const;
    const { Quota } = await calls.run({ ...call, client: quotas, resource: quotaCodes[market], signal }, async (attempt) => await quotas.send((aws) => new aws.GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode: quotaCodes[market] }), { abortSignal: attempt.signal }));
    if (Quota?.Value === undefined) throw new ProviderError(`servicequotas:GetServiceQuota gave no value for ${quotaCodes[market]} in ${region}: look at the quota in Service Quotas yourself.`, { code: "InvalidAnswer", ...call });
    return Quota.Value;
  }

  async vcpusInUse(market: WorkerMarket, { signal }: CallOptions = {}): Promise<number> {
    const { calls, ec2, region } = this.#options;
    const operation = "DescribeInstances";
    const reservations = walkPages(operation, async (NextToken) => {
      const input = { Filters: [{ Name: "instance-state-name", Values: ["pending", "running"] }], MaxResults: maxResults, ...(NextToken !== undefined && { NextToken }) };
      const answer = await calls.run({ service: "ec2", operation, region, client: ec2, signal }, async (attempt) => await ec2.send((aws) => new aws.DescribeInstancesCommand(input), { abortSignal: attempt.signal }));
      return { items: answer.Reservations ?? [], nextToken: answer.NextToken };
    });
    let vcpus = 0;
    for await (const { Instances = [] } of reservations) {
      for (const { InstanceType = "", InstanceLifecycle, CpuOptions } of Instances) {
        if (standard.test(InstanceType) && (InstanceLifecycle === "spot") === (market === "spot")) vcpus += (CpuOptions?.CoreCount ?? 0) * (CpuOptions?.ThreadsPerCore ?? 1);
      }
    }
    return vcpus;
  }

  async vcpusOf(instanceTypes: readonly string[], { signal }: CallOptions = {}): Promise<ReadonlyMap<string, number>> {
    const { calls, ec2, region } = this.#options;
    const counted = instanceTypes.filter((type) => standard.test(type));
    if (counted.length === 0) return new Map();
    const { InstanceTypes = [] } = await calls.run({ service: "ec2", operation: "DescribeInstanceTypes", region, client: ec2, signal }, async (attempt) => await ec2.send((aws) => new aws.DescribeInstanceTypesCommand({ InstanceTypes: counted as _InstanceType[] }), { abortSignal: attempt.signal }));
    return new Map(InstanceTypes.map(({ InstanceType = "", VCpuInfo }) => [InstanceType, VCpuInfo?.DefaultVCpus ?? 0]));
  }
}
