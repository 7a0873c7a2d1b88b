import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidCombination, invalidValue } from "../ec2-error.js";
import type { ImageRecord } from "../images/image-record.js";
import { derivedId } from "../resource-id.js";
import type { InstanceRecord, MetadataSettings } from "./instance-record.js";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html: 16 KB before it is encoded. */
const MAX_USER_DATA_BYTES = 16_384;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Checks user data, and gives its base64 without line breaks. */
export function readUserData(userData: string): string {
  const text = userData.replaceAll(/\s/g, "");
  if (!BASE64.test(text)) throw invalidValue("Invalid BASE64 encoding of user data");
  if (Buffer.byteLength(text, "base64") > MAX_USER_DATA_BYTES) throw invalidValue(`User data is limited to ${MAX_USER_DATA_BYTES} bytes`);
  return text;
}

/** The instance profile of a launch, looked up where there is an IAM. */
export function readProfile(
  { iam }: Ec2Environment,
  profile: ec2.IamInstanceProfileSpecification,
  { accountId }: RequestContext,
): NonNullable<InstanceRecord["profile"]> {
  const { Arn: arn, Name: name } = profile;
  if (arn !== undefined && name !== undefined) throw invalidCombination("The parameter iamInstanceProfile.name may not be used in combination with iamInstanceProfile.arn");
  const profileName = name ?? arn?.split("/").at(-1) ?? "";
  if (iam === undefined) {
    return { arn: arn ?? `arn:aws:iam::${accountId}:instance-profile/${profileName}`, id: derivedId("AIPA", accountId, profileName).replace("-", "").toUpperCase() };
  }
  const found = iam.findInstanceProfile(accountId, profileName);
  const parameter = arn === undefined ? "iamInstanceProfile.name" : "iamInstanceProfile.arn";
  if (found === undefined || (arn !== undefined && found.arn !== arn)) throw unknownProfile(parameter, arn ?? profileName);
  if (found.roleName === undefined) throw invalidValue(`IAM Instance Profile "${found.arn}" has no associated IAM Roles`);
  return { arn: found.arn, id: found.profileId };
}

/** Also of a profile that is there, for as long as EC2 has not learned of it. */
export function unknownProfile(parameter: string, value: string): Error {
  return invalidValue(`Value (${value}) for parameter ${parameter} is invalid. Invalid IAM Instance Profile`);
}

const MAX_HOPS = 64;

export function readMetadataOptions(options: ec2.InstanceMetadataOptionsRequest, image: ImageRecord): MetadataSettings {
  const isStrict = image.imdsSupport === "v2.0";
  const { HttpPutResponseHopLimit: hopLimit = isStrict ? 2 : 1 } = options;
  if (!Number.isInteger(hopLimit) || hopLimit < 1 || hopLimit > MAX_HOPS) {
    throw invalidValue(`Value (${hopLimit}) for parameter httpPutResponseHopLimit is invalid: it must be from 1 to ${MAX_HOPS}.`);
  }
  return {
    httpTokens: oneOf("httpTokens", options.HttpTokens ?? (isStrict ? "required" : "optional"), ["required", "optional"]),
    hopLimit,
    httpEndpoint: oneOf("httpEndpoint", options.HttpEndpoint ?? "enabled", ["enabled", "disabled"]),
    httpProtocolIpv6: oneOf("httpProtocolIpv6", options.HttpProtocolIpv6 ?? "disabled", ["enabled", "disabled"]),
    instanceMetadataTags: oneOf("instanceMetadataTags", options.InstanceMetadataTags ?? "disabled", ["enabled", "disabled"]),
  };
}

export function readShutdownBehavior(behavior: string | undefined): string {
  return oneOf("instanceInitiatedShutdownBehavior", behavior ?? "stop", ["stop", "terminate"]);
}

/** Whether a launch is one of a Spot Instance. Its price is never too low here. */
export function readIsSpot(market: ec2.InstanceMarketOptionsRequest | undefined): boolean {
  if (market === undefined) return false;
  acceptOnly(market, ["MarketType", "SpotOptions"], "InstanceMarketOptions.");
  if (market.MarketType !== "spot") throw ec2Error("UnsupportedOperation", "The local cloud has no market but that of Spot Instances.");
  acceptOnly(market.SpotOptions ?? {}, ["MaxPrice", "SpotInstanceType", "InstanceInterruptionBehavior"], "InstanceMarketOptions.SpotOptions.");
  if ((market.SpotOptions?.SpotInstanceType ?? "one-time") !== "one-time") {
    throw ec2Error("UnsupportedOperation", "The local cloud has one-time Spot requests only.");
  }
  return true;
}

function oneOf(parameter: string, value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value;
  throw invalidValue(`Value (${value}) for parameter ${parameter} is invalid. Expected: ${allowed.join(", ")}.`);
}
