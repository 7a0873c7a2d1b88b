import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { takePage } from "../listing.js";
import { zonesOf } from "../regions/zones.js";
import { instanceTypes } from "./instance-types.js";

type Offering = ec2.InstanceTypeOffering & { readonly Tags?: undefined };

/** Where which types of instances can be had: all of them in every zone. */
export function describeInstanceTypeOfferings(
  _environment: Ec2Environment,
  input: ec2.DescribeInstanceTypeOfferingsRequest,
  { region }: RequestContext,
): ec2.DescribeInstanceTypeOfferingsResult {
  const { LocationType: kind = "region" } = input;
  const zones = zonesOf(region);
  const locations = kind === "availability-zone" ? zones.map((zone) => zone.name) : kind === "availability-zone-id" ? zones.map((zone) => zone.id) : [region];
  const offerings = instanceTypes.flatMap((type) =>
    locations.map((location): Offering => ({ InstanceType: type.name as ec2._InstanceType, LocationType: kind, Location: location })),
  );
  const { items, nextToken } = takePage<Offering>({
    items: offerings,
    idOf: (offering) => `${offering.InstanceType ?? ""} ${offering.Location ?? ""}`,
    filters: input.Filters,
    readers: { "instance-type": (offering) => offering.InstanceType, location: (offering) => offering.Location },
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { InstanceTypeOfferings: items, NextToken: nextToken };
}
