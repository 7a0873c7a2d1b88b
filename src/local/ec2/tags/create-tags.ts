import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { missingParameter } from "../ec2-error.js";
import { addTags, readTags } from "./tag-rules.js";
import { requireTaggable, saveTags } from "./tagged-resources.js";

/** Adds tags to resources, or changes them: to all of the resources or, where one cannot have them, to none. */
export function createTags(environment: Ec2Environment, input: ec2.CreateTagsRequest, context: RequestContext): void {
  const { Resources: ids = [], Tags: list = [] } = input;
  if (ids.length === 0) throw missingParameter("resourceIdSet");
  if (list.length === 0) throw missingParameter("Tag");
  const added = readTags(list);
  const changes = [...new Set(ids)].map((id) => {
    const resource = requireTaggable(environment, id, context);
    return { resource, tags: addTags(resource.tags, added) };
  });
  for (const { resource, tags } of changes) saveTags(environment, resource, tags);
}
