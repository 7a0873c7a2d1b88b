import type * as ec2 from "@aws-sdk/client-ec2";
import { ec2Error } from "../ec2-error.js";

const LETTERS = ["a", "b", "c"];

const DIRECTIONS: Readonly<Record<string, string>> = {
  north: "n",
  south: "s",
  east: "e",
  west: "w",
  central: "c",
  northeast: "ne",
  northwest: "nw",
  southeast: "se",
  southwest: "sw",
};

export interface Zone {
  /** Such as `eu-west-1a`. */
  readonly name: string;
  /** Such as `euw1-az1`. */
  readonly id: string;
  readonly region: string;
  readonly index: number;
}

/** The Availability Zones of a region: three in each. */
export function zonesOf(region: string): readonly Zone[] {
  const [area = "", ...rest] = region.split("-");
  const short = area + rest.map((part) => DIRECTIONS[part] ?? part).join("");
  return LETTERS.map((letter, index) => ({ name: region + letter, id: `${short}-az${index + 1}`, region, index }));
}

/** The zone of a name or an id in a region. */
export function requireZone(region: string, zone: { readonly name?: string | undefined; readonly id?: string | undefined }): Zone {
  const found = zonesOf(region).find((candidate) => (zone.name === undefined ? candidate.id === zone.id : candidate.name === zone.name));
  if (found !== undefined) return found;
  const shown = zone.name ?? zone.id ?? "";
  throw ec2Error("InvalidZone.NotFound", `The zone '${shown}' does not exist.`);
}

export function describeZone(zone: Zone): ec2.AvailabilityZone {
  return {
    OptInStatus: "opt-in-not-required",
    Messages: [],
    RegionName: zone.region,
    ZoneName: zone.name,
    ZoneId: zone.id,
    GroupName: `${zone.region}-zg-1`,
    NetworkBorderGroup: zone.region,
    ZoneType: "availability-zone",
    State: "available",
  };
}
