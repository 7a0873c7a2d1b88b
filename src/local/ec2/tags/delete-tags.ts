import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { invalidValue, missingParameter } from "../ec2-error.js";
import { isReserved } from "./tag-rules.js";
import type { Tags } from "./tag-rules.js";
import { requireTaggable, saveTags } from "./tagged-resources.js";

/** Removes tags: by key, by key and value, or, where none is named, all but those of AWS. */
export function deleteTags(environment: Ec2Environment, input: ec2.DeleteTagsRequest, context: RequestContext): void {
  const { Resources: ids = [], Tags: removed = [] } = input;
  if (ids.length === 0) throw missingParameter("resourceIdSet");
  for (const { Key: key } of removed) {
    if (key === undefined || key === "") throw missingParameter("Tag.Key");
    if (isReserved(key)) throw invalidValue("Tag keys starting with 'aws:' are reserved for internal use");
  }
  const resources = [...new Set(ids)].map((id) => requireTaggable(environment, id, context));
  for (const resource of resources) saveTags(environment, resource, without(resource.tags, removed));
}

function without(tags: Tags, removed: readonly ec2.Tag[]): Tags {
  const isRemoved = (key: string, value: string): boolean =>
    removed.length === 0 ? !isReserved(key) : removed.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value));
  return Object.fromEntries(Object.entries(tags).filter(([key, value]) => !isRemoved(key, value)));
}
