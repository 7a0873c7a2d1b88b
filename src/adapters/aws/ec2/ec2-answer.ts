import type { IamInstanceProfileSpecification, Tag } from "@aws-sdk/client-ec2";
import { ProviderError } from "../../../errors/index.js";
import type { Tags } from "../../../ports/index.js";

const bytesPerGib = 2 ** 30;

/** A member that AWS always sends. Raises `ProviderError` (`InvalidAnswer`) where it is missing: then the endpoint is not AWS. */
export function present<T>(value: T | null | undefined, member: string, operation: string): T {
  if (value !== undefined && value !== null) return value;
  throw new ProviderError(`ec2:${operation} answered without ${member}: the endpoint does not speak EC2 as AWS does.`, { code: "InvalidAnswer", service: "ec2", operation, context: { member } });
}

/** GiB, as EC2 counts, in bytes. */
export function gibToBytes(gib: unknown, operation: string): number {
  if (typeof gib === "number" && Number.isInteger(gib) && gib > 0) return gib * bytesPerGib;
  throw new ProviderError(`ec2:${operation} answered with a size that is no whole number of GiB: the endpoint does not speak EC2 as AWS does.`, { code: "InvalidAnswer", service: "ec2", operation });
}

/** EC2's list of tags as a record. */
export function tagsOf(tags: readonly Tag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).flatMap(({ Key: key, Value: value }) => (key === undefined ? [] : [[key, value ?? ""]])));
}

/** A record of tags as EC2 takes it. */
export function toTags(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** An instance profile, told by its name or its ARN, as EC2 takes it. */
export function toInstanceProfile(profile: string): IamInstanceProfileSpecification {
  return profile.startsWith("arn:") ? { Arn: profile } : { Name: profile };
}

/** Whether `tags` has all of `wanted`. */
export function hasTags(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([key, value]) => tags[key] === value);
}

/** The filters for resources that carry all of `tags`. In values `*`, `?` and `\` have a meaning, which a backslash takes away. */
export function tagFilters(tags: Tags): { Name: string; Values: string[] }[] {
  return Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value.replace(/[\\*?]/g, "\\$&")] }));
}
