import type * as ec2 from "@aws-sdk/client-ec2";
import type { Ec2Environment } from "../ec2-environment.js";
import { invalidValue } from "../ec2-error.js";
import { matcherOf } from "../filters.js";
import type { FilterReaders } from "../filters.js";

type DescribedRegion = ec2.Region & { readonly Tags?: undefined };

const readers: FilterReaders<DescribedRegion> = {
  endpoint: (region) => region.Endpoint,
  "opt-in-status": (region) => region.OptInStatus,
  "region-name": (region) => region.RegionName,
};

export function describeRegions(environment: Ec2Environment, input: ec2.DescribeRegionsRequest): ec2.DescribeRegionsResult {
  const asked = input.RegionNames ?? [];
  for (const name of asked) if (!environment.regions.includes(name)) throw invalidValue(`Invalid region name: ${name}`);
  const names = asked.length === 0 ? environment.regions : asked;
  const regions = names.map((name): DescribedRegion => ({
    RegionName: name,
    Endpoint: `ec2.${name}.amazonaws.com`,
    OptInStatus: "opt-in-not-required",
  }));
  return { Regions: regions.filter(matcherOf(input.Filters, readers)) };
}
