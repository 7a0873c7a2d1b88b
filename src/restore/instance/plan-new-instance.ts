import type { CallOptions, InstanceNow } from "../../ports/index.js";
import type { NewInstanceOptions } from "./instance-options.js";
import type { RestoreFinding } from "../plan/restore-finding.js";
import type { PlannedInstance, PlannedInstanceVolume } from "./instance-plan.js";
import type { InstanceTarget } from "./instance-target.js";
import { planNetwork } from "./plan-interfaces.js";
import { ownTags } from "./plan-volumes.js";

/** Plain Linux: nothing but the machine is paid for (EC2 API reference, Image.UsageOperation). */
const plainUsage = "RunInstances";

interface NewInstanceQuestion {
  readonly target: InstanceTarget;
  readonly wanted: NewInstanceOptions;
  readonly volumes: readonly PlannedInstanceVolume[];
  readonly isOriginal: boolean;
  readonly made: InstanceNow | undefined;
}

/** Decides what the new instance will be, and finds what is missing for it. */
export async function planNewInstance(question: NewInstanceQuestion, call: CallOptions): Promise<{ readonly instance: PlannedInstance; readonly findings: readonly RestoreFinding[] }> {
  const { target, wanted } = question;
  const { captured } = target;
  const network = await planNetwork(question, call);
  const licence = await planWay(target, wanted, call);
  const instanceType = wanted.instanceType ?? captured.instanceType;
  const keyName = wanted.keyName === null ? undefined : (wanted.keyName ?? captured.keyName);
  const profile = wanted.iamInstanceProfile === null ? undefined : (wanted.iamInstanceProfile ?? captured.instanceProfileArn);
  const tags = { ...(wanted.tags ?? ownTags(captured.tags)), ...(wanted.name !== undefined && { Name: wanted.name }) };
  const findings = [
    ...network.findings,
    ...licence.findings,
    ...(await typeFindings(target, instanceType, network.availabilityZone, call)),
    ...(await keyFindings(target, keyName, call)),
    ...(await profileFindings(target, profile, wanted, call)),
    ...encryptionFindings(target, wanted),
    ...captureFindings(question),
  ];
  const instance: PlannedInstance = {
    way: licence.way,
    ...(licence.imageId !== undefined && { imageId: licence.imageId }),
    instanceType,
    availabilityZone: network.availabilityZone ?? "",
    ...(keyName !== undefined && { keyName }),
    ...(profile !== undefined && { instanceProfile: profile }),
    hasUserData: wanted.userData === null ? false : wanted.userData !== undefined || captured.hasUserData,
    interfaces: network.interfaces,
    elasticIps: network.elasticIps,
    isTerminationProtected: captured.isTerminationProtected,
    isStopProtected: captured.isStopProtected,
    uncheckedDeviceIndexes: captured.interfaces.filter(({ isSourceDestChecked }) => !isSourceDestChecked).map(({ deviceIndex }) => deviceIndex),
    tags,
  };
  return { instance, findings };
}

/** An image out of snapshots has no licences and no product codes; where the original had some, an instance of an image that has them takes the volumes. */
async function planWay({ captured, isHome, instances, region }: InstanceTarget, { way: asked, imageId: given }: NewInstanceOptions, call: CallOptions): Promise<{ readonly way: "image" | "swap"; readonly imageId?: string | undefined; readonly findings: readonly RestoreFinding[] }> {
  const isLicensed = (captured.usageOperation ?? plainUsage) !== plainUsage || captured.productCodes.length > 0;
  const way = asked ?? (isLicensed || given !== undefined ? "swap" : "image");
  const licences = `${captured.platformDetails ?? "its platform"} (${[captured.usageOperation, ...captured.productCodes].filter((part) => part !== undefined).join(", ")})`;
  if (way === "image") {
    return { way, findings: isLicensed ? [{ severity: "warning", code: "LicenceLost", path: "to.way", message: `An image out of snapshots does not carry ${licences}: the instance will be billed as plain Linux, against the licence's terms.`, remedy: 'Leave "way" out, or take "swap".' }] : [] };
  }
  const imageId = given ?? (isHome ? captured.imageId : undefined);
  const path = "to.imageId";
  if (imageId === undefined) return { way, findings: [{ severity: "error", code: "ImageMissing", path, message: `The original's image is in another region or account; its licences, ${licences}, come from an image.`, remedy: `Name an image in ${region} with the same licences.` }] };
  const image = await instances.image(imageId, call);
  if (image === undefined) return { way, imageId, findings: [{ severity: "error", code: "ImageMissing", path, message: `There is no image ${imageId} in ${region} (any more).`, remedy: "Name an image with the same licences." }] };
  const findings: RestoreFinding[] = [];
  const isSame = (image.usageOperation ?? plainUsage) === (captured.usageOperation ?? plainUsage) && captured.productCodes.every((code) => image.productCodes.includes(code));
  if (!isSame) findings.push({ severity: "error", code: "OtherLicence", path, message: `The image ${imageId} has not the licences of the original, ${licences}.`, remedy: "Name an image with the same licences." });
  if (captured.architecture !== undefined && image.architecture !== undefined && image.architecture !== captured.architecture) findings.push({ severity: "error", code: "OtherArchitecture", path, message: `The image ${imageId} is of ${image.architecture}, and the volumes of ${captured.architecture}.`, remedy: `Name an image of ${captured.architecture}.` });
  return { way, imageId, findings };
}

async function typeFindings({ instances, captured, region }: InstanceTarget, instanceType: string, zone: string | undefined, call: CallOptions): Promise<RestoreFinding[]> {
  const path = "to.instanceType";
  const architectures = await instances.architecturesOf(instanceType, call);
  if (architectures === undefined) return [{ severity: "error", code: "TypeUnknown", path, message: `${region} has no instance type ${instanceType}.`, remedy: "Name another type." }];
  const findings: RestoreFinding[] = [];
  if (captured.architecture !== undefined && !architectures.includes(captured.architecture)) findings.push({ severity: "error", code: "OtherArchitecture", path, message: `${instanceType} is of ${architectures.join(", ")}, and the volumes of ${captured.architecture}.`, remedy: `Name a type of ${captured.architecture}.` });
  if (instanceType !== captured.instanceType) findings.push({ severity: "warning", code: "OtherType", path, message: `CPU options, credits, hibernation, enclaves and EBS optimisation are those that ${instanceType} has by itself, not the original's.`, remedy: `Take ${captured.instanceType} where they matter.` });
  const zones = zone === undefined ? undefined : await instances.zonesOffering(instanceType, call);
  if (zone !== undefined && zones?.has(zone) === false) findings.push({ severity: "error", code: "TypeNotOffered", path, message: `${zone} does not offer ${instanceType}; ${[...zones].join(", ") || "no zone here"} does.`, remedy: "Name another type, or a subnet in another zone." });
  return findings;
}

async function keyFindings({ instances, region }: InstanceTarget, keyName: string | undefined, call: CallOptions): Promise<RestoreFinding[]> {
  if (keyName === undefined || (await instances.hasKeyPair(keyName, call))) return [];
  return [{ severity: "error", code: "KeyPairMissing", path: "to.keyName", message: `There is no key pair ${keyName} in ${region}.`, remedy: "Import it, name another, or null for none: the volumes hold the keys that they held." }];
}

async function profileFindings({ account, accountId }: InstanceTarget, profile: string | undefined, { iamInstanceProfile }: NewInstanceOptions, call: CallOptions): Promise<RestoreFinding[]> {
  if (profile === undefined) return [];
  const path = "to.iamInstanceProfile";
  const owner = /^arn:[^:]+:iam::(\d{12}):/.exec(profile)?.[1];
  if (owner !== undefined && owner !== accountId) return [{ severity: "error", code: "ProfileElsewhere", path, message: `The instance profile ${profile} is in account ${owner}.`, remedy: `Name one in ${accountId}, or null for none.` }];
  const isThere = await account.hasInstanceProfile(profile, call);
  if (isThere === false) return [{ severity: "error", code: "ProfileMissing", path, message: `There is no instance profile ${profile}.`, remedy: "Make it, name another, or null for none." }];
  return isThere === undefined && iamInstanceProfile === undefined ? [{ severity: "warning", code: "ProfileNotChecked", path, message: `Whether the instance profile ${profile} is there could not be asked (iam:GetInstanceProfile).`, remedy: "Allow it, or see for yourself." }] : [];
}

function encryptionFindings({ region }: InstanceTarget, { kmsKeyId }: NewInstanceOptions): RestoreFinding[] {
  const keyRegion = kmsKeyId?.split(":")[3];
  if (keyRegion === undefined || keyRegion === region) return [];
  return [{ severity: "error", code: "KeyElsewhere", path: "to.kmsKeyId", message: `The key is in ${keyRegion}, and volumes in ${region} need one of ${region}.`, remedy: `Name a key in ${region}.` }];
}

function captureFindings({ target }: NewInstanceQuestion): RestoreFinding[] {
  const { captured, isHome } = target;
  const path = "to";
  const findings: RestoreFinding[] = captured.unreadable.map((name) => ({ severity: "warning", code: "NotCaptured", path, message: `${name} could not be read when the instance was backed up: EC2's default is taken.`, remedy: "Allow it to the backup's role (iamPolicies)." }));
  if (captured.isSpot) findings.push({ severity: "warning", code: "WasSpot", path, message: "The original was a spot instance: this one is on demand.", remedy: "Change it afterwards, if it shall be." });
  if (!isHome) findings.push({ severity: "warning", code: "AccountSettings", path, message: "Placement groups, dedicated hosts, capacity reservations and licence configurations of the original are not taken along.", remedy: "Set them afterwards where they matter." });
  return findings;
}
