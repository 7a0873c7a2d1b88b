import * as z from "zod";
import { HoldfastError } from "../../errors/index.js";
import { controlNames } from "../../mover/protocol/object-names.js";
import { checkOptions } from "../../options/check-options.js";
import { regionSchema, signalSchema } from "../../options/schemas.js";
import type { CallOptions, WorkerArchitecture, WorkerSubnet } from "../../ports/index.js";
import { subnetsOf } from "../fleet/launch-worker.js";
import type { PoolContext } from "../pool-context.js";
import { architectureOf, typesOf } from "../profiles/choose-profile.js";
import type { WorkerProfile } from "../profiles/profile-options.js";
import { checkPermissions } from "../roles/check-permissions.js";
import type { IamRole } from "../roles/iam-role.js";
import { checkNetwork } from "./check-network.js";
import { checkQuotas } from "./check-quotas.js";
import type { PreflightFinding } from "./finding.js";
import { interfaceServices } from "./network-plan.js";

/** What is looked at beforehand. */
export interface PreflightOptions extends CallOptions {
  /** The services that workers must reach. Default: `s3`, `ebs`, `sts`, and `kms` where the repository's key is unwrapped by the worker. */
  readonly services?: readonly string[] | undefined;
  /** Regions of the repositories' buckets that workers there read or write. Default: none but the configuration bucket's, which is looked at in any case. */
  readonly bucketRegions?: readonly string[] | undefined;
  /** Roles of `iamPolicies()`: IAM is asked whether those of the pool's own account that have to do with workers, `engine` and `worker`, can do what they must. Default: none. */
  readonly roles?: readonly IamRole[] | undefined;
}

const rolesRule = "must be roles that iamPolicies() gives.";
const schema = z.strictObject({
  services: z.array(z.string().min(1), { error: 'must be a list of services, like "ebs".' }).optional(),
  bucketRegions: z.array(regionSchema, { error: "must be a list of regions." }).optional(),
  roles: z.array(z.custom<IamRole>((role) => typeof role === "object" && role !== null && "policy" in role && "arn" in role, rolesRule), { error: rolesRule }).optional(),
  signal: signalSchema,
});
const profiles: readonly WorkerProfile[] = ["small", "medium", "large", "archiving"];

/** Looks for what would keep workers in a region from working, before any is launched. Changes nothing. */
export async function preflight(context: PoolContext, region: string, given: PreflightOptions): Promise<PreflightFinding[]> {
  const { services, bucketRegions = [], roles = [], signal } = checkOptions<PreflightOptions>(given, { of: "a preflight", schema });
  const { options } = context;
  const look = new Look(region);
  const call = { signal };
  const compute = options.account.workerCompute(region);
  const subnets = (await look.at(async () => await subnetsOf(context, compute, call), "NoNetwork", "Name subnets that are there in networks, or have createNetwork() make some.")) ?? [];
  if (subnets.length === 0 && look.findings.length === 0) {
    look.add({ severity: "error", code: "NoNetwork", message: `There is no subnet for workers: networks names none for ${region}, and it has no default VPC.`, remedy: "Name some in networks, or have createNetwork() make some." });
  }
  const types = [...new Set(profiles.flatMap((profile) => typesOf(options.profiles, profile, region)))];
  const offered = await look.at(async () => await compute.offeredTypes(types, call), "Denied", "Allow ec2:DescribeInstanceTypeOfferings to the engine's role.");
  if (offered !== undefined) checkTypes(context, look, subnets, offered);
  if (offered !== undefined) {
    const inRegion = new Set([...offered.values()].flatMap((of) => [...of]));
    const remedy = "Allow the engine's role what iamPolicies() gives it, and install @aws-sdk/client-service-quotas; or look at the quotas yourself.";
    look.findings.push(...((await look.at(async () => await checkQuotas(options, options.account.workerQuotas(region), { region, offered: inRegion, ...call }), "QuotaUnknown", remedy, "warning")) ?? []));
  }
  const architectures = [...new Set(types.map((type) => architectureOf(type)))];
  for (const architecture of architectures) {
    await look.at(async () => await compute.newestImage(architecture, call), "NoImage", "Take instance types of another architecture.");
    checkBundle(context, look, architecture);
  }
  if (subnets.length > 0) {
    const needed = services ?? ["s3", ...interfaceServices(options)];
    const request = { subnetIds: subnets.map(({ subnetId }) => subnetId), securityGroupIds: options.networks[region]?.securityGroupIds ?? [] };
    const facts = await look.at(async () => await options.account.workerNetworks(region).describe(request, call), "Denied", "Allow the engine's role what iamPolicies() gives it.");
    const otherRegions = [...new Set([options.configurationRegion, ...bucketRegions])].filter((other) => other !== region);
    if (facts !== undefined) look.findings.push(...checkNetwork(facts, { services: needed, isPrivate: options.privateNetworking, workers: Math.min(options.maxWorkers, options.maxWorkersPerRegion), otherRegions }));
  }
  await look.at(
    async () => {
      for await (const _found of (await context.control()).store.list(controlNames.bundles, call)) break;
    },
    "NoBucket",
    `Make the bucket ${options.configurationBucket}, name its region in configurationRegion, and allow the engine's role to list it.`,
  );
  await checkRoles(context, look, roles, call);
  return look.findings;
}

/** What the roles of workers and of who launches them lack. */
async function checkRoles({ options: { account } }: PoolContext, look: Look, roles: readonly IamRole[], call: CallOptions): Promise<void> {
  if (roles.length === 0) return;
  const own = await account.accountId(call);
  const check = account.permissionCheck?.();
  for (const role of roles) {
    if (check === undefined || role.account !== own || (role.kind !== "engine" && role.kind !== "worker")) continue;
    const missing = await look.at(async () => await checkPermissions(check, role, call), "PermissionMissing", `Make the role ${role.name} as iamPolicies() has it.`);
    for (const { action, resource, statement } of missing ?? []) {
      look.add({ severity: "error", code: "PermissionMissing", message: `The role ${role.name} may not do ${action} on ${resource}.`, remedy: `Give it the statement ${statement} of iamPolicies(), and see that nothing denies it.` });
    }
  }
}

/** Collects findings. What AWS refuses is one; what it does not answer is raised. */
class Look {
  readonly findings: PreflightFinding[] = [];
  readonly region: string;

  constructor(region: string) {
    this.region = region;
  }

  add(finding: Omit<PreflightFinding, "region">): void {
    this.findings.push({ ...finding, region: this.region });
  }

  async at<Found>(look: () => Promise<Found>, code: PreflightFinding["code"], remedy: string, severity: PreflightFinding["severity"] = "error"): Promise<Found | undefined> {
    try {
      return await look();
    } catch (error) {
      if (!HoldfastError.isInstance(error) || error.retryable) throw error;
      const isDenied = error.code === "AccessDenied";
      this.add({ severity, code: isDenied ? "Denied" : code, message: error.message, remedy: isDenied ? "Allow the engine's role what iamPolicies() gives it." : remedy });
      return undefined;
    }
  }
}

function checkTypes({ options }: PoolContext, look: Look, subnets: readonly WorkerSubnet[], offered: ReadonlyMap<string, ReadonlySet<string>>): void {
  const zones = [...new Set(subnets.map(({ availabilityZone }) => availabilityZone))];
  for (const profile of profiles) {
    const types = typesOf(options.profiles, profile, look.region);
    const without = zones.filter((zone) => !types.some((type) => offered.get(zone)?.has(type) === true));
    if (without.length === 0) continue;
    const isNowhere = without.length === zones.length;
    look.add({
      severity: isNowhere ? "error" : "warning",
      code: "TypeNotOffered",
      message: `${without.join(", ")} ${isNowhere ? "and so no zone of these subnets offers" : "do not offer"} a type of the profile ${profile} (${types.join(", ")}).`,
      remedy: "Name more types in profiles, or subnets in other zones.",
    });
  }
}

function checkBundle({ options }: PoolContext, look: Look, architecture: WorkerArchitecture): void {
  if (options.bundles[architecture] !== undefined) return;
  look.add({ severity: "error", code: "NoBundle", message: `bundles.${architecture} is missing, and profiles name types of that architecture.`, remedy: `Make the bundle by "npx holdfast-bundle --architecture ${architecture}" and name its file.` });
}
