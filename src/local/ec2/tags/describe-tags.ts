import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { taggedResources } from "./tagged-resources.js";
import type { TaggedResource } from "./tagged-resources.js";

type DescribedTag = ec2.TagDescription & { readonly Tags: ec2.Tag[] };

const readers: FilterReaders<DescribedTag> = {
  key: (tag) => tag.Key,
  "resource-id": (tag) => tag.ResourceId,
  "resource-type": (tag) => tag.ResourceType,
  value: (tag) => tag.Value,
};

export function describeTags(environment: Ec2Environment, input: ec2.DescribeTagsRequest, context: RequestContext): ec2.DescribeTagsResult {
  const { items, nextToken } = takePage({
    items: taggedResources(environment, context).flatMap(describeTagsOf),
    idOf: (tag) => `${tag.ResourceId ?? ""}/${tag.Key ?? ""}`,
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { Tags: items, NextToken: nextToken };
}

function describeTagsOf({ kind, id, tags }: TaggedResource): DescribedTag[] {
  // `tag:<key>` is a filter here as well, so that a tag is found by itself.
  return Object.entries(tags).map(([Key, Value]) => ({ ResourceType: kind, ResourceId: id, Key, Value, Tags: [{ Key, Value }] }));
}
