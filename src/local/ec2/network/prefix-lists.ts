import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { takePage } from "../listing.js";
import { derivedId } from "../resource-id.js";

/** AWS's list of S3's addresses in a region, to which security groups may let out. */
export function prefixListIdOf(region: string): string {
  return derivedId("pl", region, "s3");
}

export function describePrefixLists(_environment: Ec2Environment, input: ec2.DescribePrefixListsRequest, { region }: RequestContext): ec2.DescribePrefixListsResult {
  const list = { PrefixListId: prefixListIdOf(region), PrefixListName: `com.amazonaws.${region}.s3`, Cidrs: ["198.51.100.0/24"] };
  const { items, nextToken } = takePage<ec2.PrefixList & { readonly Tags?: undefined }>({
    items: [list].filter((one) => input.PrefixListIds === undefined || input.PrefixListIds.length === 0 || input.PrefixListIds.includes(one.PrefixListId)),
    idOf: (one) => one.PrefixListId ?? "",
    filters: input.Filters,
    readers: { "prefix-list-id": (one) => one.PrefixListId, "prefix-list-name": (one) => one.PrefixListName },
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { PrefixLists: items, NextToken: nextToken };
}
