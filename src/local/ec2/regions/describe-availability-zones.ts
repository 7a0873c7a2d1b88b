import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { matcherOf } from "../filters.js";
import type { FilterReaders } from "../filters.js";
import { describeZone, requireZone, zonesOf } from "./zones.js";

type DescribedZone = ec2.AvailabilityZone & { readonly Tags?: undefined };

const readers: FilterReaders<DescribedZone> = {
  "group-name": (zone) => zone.GroupName,
  message: () => undefined,
  "opt-in-status": (zone) => zone.OptInStatus,
  "region-name": (zone) => zone.RegionName,
  state: (zone) => zone.State,
  "zone-id": (zone) => zone.ZoneId,
  "zone-name": (zone) => zone.ZoneName,
  "zone-type": (zone) => zone.ZoneType,
};

export function describeAvailabilityZones(
  _environment: Ec2Environment,
  input: ec2.DescribeAvailabilityZonesRequest,
  { region }: RequestContext,
): ec2.DescribeAvailabilityZonesResult {
  const { ZoneNames: names = [], ZoneIds: ids = [] } = input;
  const asked = [...names.map((name) => requireZone(region, { name })), ...ids.map((id) => requireZone(region, { id }))];
  const zones: DescribedZone[] = (asked.length === 0 ? zonesOf(region) : asked).map(describeZone);
  return { AvailabilityZones: zones.filter(matcherOf(input.Filters, readers)) };
}
