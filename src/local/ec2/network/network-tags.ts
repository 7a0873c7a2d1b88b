import type * as ec2 from "@aws-sdk/client-ec2";
import type { RecordChange } from "../../blocks/record-store.js";
import type { Ec2Environment } from "../ec2-environment.js";
import type { ResourceKind } from "../resource-id.js";
import { describeTagList } from "../tags/tag-rules.js";
import { readTagSpecifications } from "../tags/tag-specifications.js";

/** The change that gives a new part of a network the tags of the request that makes it. */
export function tagNew(
  { tables }: Ec2Environment,
  kind: ResourceKind,
  id: string,
  specifications: readonly ec2.TagSpecification[] | undefined,
): RecordChange[] {
  const tags = readTagSpecifications(specifications, [kind])[kind];
  return Object.keys(tags).length === 0 ? [] : [tables.tags.put(id, { tags })];
}

export function tagsOf({ tables }: Ec2Environment, id: string): ec2.Tag[] {
  return describeTagList(tables.tags.get(id)?.tags ?? {});
}
