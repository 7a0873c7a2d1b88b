import type { Tag } from "@aws-sdk/client-s3";
import { ServiceError } from "../../service.js";
import { invalidArgument } from "../s3-error.js";

export const MAX_OBJECT_TAGS = 10;
export const MAX_BUCKET_TAGS = 50;
const MAX_KEY_CHARACTERS = 128;
const MAX_VALUE_CHARACTERS = 256;

/** The tags of an `x-amz-tagging` header: `name=value&...`, percent-encoded. */
export function parseTagHeader(header: string | undefined): Readonly<Record<string, string>> {
  if (header === undefined || header === "") return {};
  let pairs: Tag[];
  try {
    pairs = header.split("&").map((pair) => {
      const equals = pair.indexOf("=");
      const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return { Key: decodeText(name), Value: decodeText(value) };
    });
  } catch (cause) {
    if (cause instanceof URIError) {
      throw invalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", "x-amz-tagging", header);
    }
    throw cause;
  }
  return tagRecord(pairs, MAX_OBJECT_TAGS);
}

export function tagRecord(tags: readonly Tag[], maxTags: number): Readonly<Record<string, string>> {
  if (tags.length > maxTags) {
    throw new ServiceError("BadRequest", 400, `Object tags cannot be greater than ${maxTags}`);
  }
  const record = new Map<string, string>();
  for (const { Key: name = "", Value: value = "" } of tags) {
    if (name === "" || name.length > MAX_KEY_CHARACTERS) throw invalidTag("The TagKey you have provided is invalid", name);
    if (value.length > MAX_VALUE_CHARACTERS) throw invalidTag("The TagValue you have provided is invalid", name);
    if (name.toLowerCase().startsWith("aws:")) throw invalidTag("Your TagKey cannot be prefixed with aws:", name);
    if (record.has(name)) throw invalidTag("Cannot provide multiple Tags with the same key", name);
    record.set(name, value);
  }
  return Object.fromEntries(record);
}

export function tagSet(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([name, value]) => ({ Key: name, Value: value }));
}

function decodeText(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function invalidTag(message: string, name: string): ServiceError {
  return new ServiceError("InvalidTag", 400, message, { TagKey: name });
}
