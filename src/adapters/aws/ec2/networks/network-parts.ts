import type { Tag } from "@aws-sdk/client-ec2";
import { ConflictError, HoldfastError, NotFoundError, ProviderError } from "../../../../errors/index.js";
import type { CallOptions, NetworkPart, Tags } from "../../../../ports/index.js";
import { hasTags, tagFilters, tagsOf } from "../ec2-answer.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";
import { poll } from "../poll.js";

/** All parts that carry all of `tags`. */
export async function partsByTags(door: Ec2Door, tags: Tags, roleTag: string, options: CallOptions): Promise<readonly NetworkPart[]> {
  const Filters = tagFilters(tags);
  const call = async <Answer>(operation: string, send: (abortSignal: AbortSignal) => Promise<Answer>): Promise<Answer> => await callEc2(door, { operation, signal: options.signal }, async ({ signal }) => await send(signal));
  const parts: NetworkPart[] = [];
  const take = (kind: NetworkPart["kind"], id: string | undefined, list: readonly Tag[] | undefined): void => {
    const found = tagsOf(list);
    if (id !== undefined && hasTags(found, tags)) parts.push({ kind, id, role: found[roleTag] ?? "" });
  };
  // one network has some ten parts: no listing here fills a page
  const endpoints = await call("DescribeVpcEndpoints", async (abortSignal) => await door.ec2.send((aws) => new aws.DescribeVpcEndpointsCommand({ Filters }), { abortSignal }));
  for (const { VpcEndpointId, Tags: list, State } of endpoints.VpcEndpoints ?? []) if (State?.toLowerCase() !== "deleted") take("endpoint", VpcEndpointId, list);
  for (const { GroupId, Tags: list } of (await call("DescribeSecurityGroups", async (abortSignal) => await door.ec2.send((aws) => new aws.DescribeSecurityGroupsCommand({ Filters }), { abortSignal }))).SecurityGroups ?? []) take("security-group", GroupId, list);
  for (const { RouteTableId, Tags: list } of (await call("DescribeRouteTables", async (abortSignal) => await door.ec2.send((aws) => new aws.DescribeRouteTablesCommand({ Filters }), { abortSignal }))).RouteTables ?? []) take("route-table", RouteTableId, list);
  for (const { SubnetId, Tags: list } of (await call("DescribeSubnets", async (abortSignal) => await door.ec2.send((aws) => new aws.DescribeSubnetsCommand({ Filters }), { abortSignal }))).Subnets ?? []) take("subnet", SubnetId, list);
  for (const { VpcId, Tags: list } of (await call("DescribeVpcs", async (abortSignal) => await door.ec2.send((aws) => new aws.DescribeVpcsCommand({ Filters }), { abortSignal }))).Vpcs ?? []) take("vpc", VpcId, list);
  return parts;
}

/** What depends on a part may take AWS minutes to go: an interface endpoint's interfaces do. */
const dependentForMs = 10 * 60_000;

/** Removes a part; waits while AWS says that something still depends on it. */
export async function removePart(door: Ec2Door, part: NetworkPart, options: CallOptions): Promise<void> {
  await poll({ clock: door.clock, signal: options.signal }, async (elapsedMs) => {
    try {
      await removeOnce(door, part, options);
      return true;
    } catch (error) {
      if (HoldfastError.isInstance(error) && error.code === "NetworkPartNotFound") return true;
      if (HoldfastError.isInstance(error) && error.code === "InUse" && elapsedMs <= dependentForMs) return undefined;
      throw error;
    }
  });
}

async function removeOnce(door: Ec2Door, { kind, id }: NetworkPart, options: CallOptions): Promise<void> {
  const call = async (operation: string, send: (abortSignal: AbortSignal) => Promise<unknown>): Promise<void> => {
    await callEc2(
      door,
      {
        operation,
        resource: id,
        signal: options.signal,
        translate: (failure) => {
          if (failure.code.endsWith(".NotFound") || failure.code.endsWith("NotFound")) return new NotFoundError(`There is no ${kind} ${id} in ${door.region} for these credentials: it is removed already, or of another account.`, { code: "NetworkPartNotFound", context: { id, region: door.region } });
          if (failure.code === "DependencyViolation") return new ConflictError(`The ${kind} ${id} in ${door.region} cannot be removed: something still uses it. Find that in the console and remove it, then try again. AWS said: ${failure.message.slice(0, 300)}`, { code: "InUse", context: { id, region: door.region } });
          return undefined;
        },
      },
      async ({ signal }) => await send(signal),
    );
  };
  switch (kind) {
    case "endpoint":
      await call("DeleteVpcEndpoints", async (abortSignal) => {
        const { Unsuccessful: [failed] = [] } = await door.ec2.send((aws) => new aws.DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }), { abortSignal });
        if (failed?.Error !== undefined && !(failed.Error.Code ?? "").endsWith("NotFound")) {
          throw new ProviderError(`The endpoint ${id} in ${door.region} cannot be removed; remove it in the VPC console, then try again. AWS said: ${failed.Error.Message ?? failed.Error.Code ?? "nothing"}`, { code: "ProviderRefused", service: "ec2", operation: "DeleteVpcEndpoints", awsCode: failed.Error.Code, context: { id, region: door.region } });
        }
      });
      return;
    case "security-group":
      await call("DeleteSecurityGroup", async (abortSignal) => await door.ec2.send((aws) => new aws.DeleteSecurityGroupCommand({ GroupId: id }), { abortSignal }));
      return;
    case "route-table":
      // its subnets went before it, and with each its association
      await call("DeleteRouteTable", async (abortSignal) => await door.ec2.send((aws) => new aws.DeleteRouteTableCommand({ RouteTableId: id }), { abortSignal }));
      return;
    case "subnet":
      await call("DeleteSubnet", async (abortSignal) => await door.ec2.send((aws) => new aws.DeleteSubnetCommand({ SubnetId: id }), { abortSignal }));
      return;
    case "vpc":
      await call("DeleteVpc", async (abortSignal) => await door.ec2.send((aws) => new aws.DeleteVpcCommand({ VpcId: id }), { abortSignal }));
  }
}
