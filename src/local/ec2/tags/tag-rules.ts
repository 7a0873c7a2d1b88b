import type * as ec2 from "@aws-sdk/client-ec2";
import { ec2Error, invalidValue, missingParameter } from "../ec2-error.js";

/** Key and value of a resource's tags. */
export type Tags = Readonly<Record<string, string>>;

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
const MAX_TAGS = 50;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
const RESERVED_PREFIX = "aws:";

/** Checks the tags of a request, and gives them by key. */
export function readTags(tags: readonly ec2.Tag[] | undefined): Tags {
  const byKey = new Map<string, string>();
  for (const { Key: key, Value: value = "" } of tags ?? []) {
    if (key === undefined || key === "") throw missingParameter("Tag.Key");
    checkTag(key, value);
    if (byKey.has(key)) throw invalidValue(`Duplicate tag key '${key}' specified.`);
    byKey.set(key, value);
  }
  return Object.fromEntries(byKey);
}

/** A resource's tags with those of a request. */
export function addTags(present: Tags, added: Tags): Tags {
  const tags = { ...present, ...added };
  // Tags that AWS itself sets do not count.
  if (Object.keys(tags).filter((key) => !isReserved(key)).length > MAX_TAGS) {
    throw ec2Error("TagLimitExceeded", `The maximum number of Tags for a resource has been reached: ${MAX_TAGS}.`);
  }
  return tags;
}

export function isReserved(key: string): boolean {
  return key.toLowerCase().startsWith(RESERVED_PREFIX);
}

/** Tags as a Describe call gives them. */
export function describeTagList(tags: Tags): ec2.Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function checkTag(key: string, value: string): void {
  if (isReserved(key)) throw invalidValue("Tag keys starting with 'aws:' are reserved for internal use");
  if (Array.from(key).length > MAX_KEY_LENGTH) throw invalidValue(`Tag key exceeds the maximum length of ${MAX_KEY_LENGTH} characters`);
  if (Array.from(value).length > MAX_VALUE_LENGTH) throw invalidValue(`Tag value exceeds the maximum length of ${MAX_VALUE_LENGTH} characters`);
}
