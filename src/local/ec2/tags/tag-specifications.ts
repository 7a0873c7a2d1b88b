import type * as ec2 from "@aws-sdk/client-ec2";
import { invalidValue } from "../ec2-error.js";
import { addTags, readTags } from "./tag-rules.js";
import type { Tags } from "./tag-rules.js";

/** The tags that a request gives to what it makes, by kind of resource; only `kinds` can be made by it. */
export function readTagSpecifications<Kind extends string>(
  specifications: readonly ec2.TagSpecification[] | undefined,
  kinds: readonly Kind[],
): Readonly<Record<Kind, Tags>> {
  const tags = Object.fromEntries(kinds.map((kind) => [kind, {}])) as Record<Kind, Tags>;
  const seen = new Set<string>();
  for (const { ResourceType: type = "", Tags: list } of specifications ?? []) {
    const kind = kinds.find((candidate) => candidate === type);
    if (kind === undefined) throw invalidValue(`'${type}' is not a valid taggable resource type for this operation.`);
    if (seen.has(type)) throw invalidValue(`The resource type '${type}' comes more than once in the tag specifications.`);
    if (list === undefined || list.length === 0) throw invalidValue("Tag specification must have at least one tag");
    seen.add(type);
    tags[kind] = addTags({}, readTags(list));
  }
  return tags;
}
