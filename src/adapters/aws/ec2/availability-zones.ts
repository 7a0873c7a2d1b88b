import type { CallOptions } from "../../../ports/index.js";
import { callEc2, type Ec2Door } from "./ec2-door.js";

/** The region's availability zones in which volumes can be made now: no local zones, none that are impaired. */
export async function availabilityZones(door: Ec2Door, options: CallOptions): Promise<readonly string[]> {
  const answer = await callEc2(door, { operation: "DescribeAvailabilityZones", signal: options.signal }, async ({ signal }) =>
    await door.ec2.send((aws) => new aws.DescribeAvailabilityZonesCommand({ Filters: [{ Name: "state", Values: ["available"] }] }), { abortSignal: signal }),
  );
  return (answer.AvailabilityZones ?? []).flatMap(({ ZoneName: name, ZoneType: type }) => (name === undefined || (type !== undefined && type !== "availability-zone") ? [] : [name])).sort();
}
