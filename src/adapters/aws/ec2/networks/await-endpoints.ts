import { ProviderError } from "../../../../errors/index.js";
import type { CallOptions } from "../../../../ports/index.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";
import { poll } from "../poll.js";

/** An interface endpoint takes AWS a minute or two. */
const patienceMs = 10 * 60_000;
/** States from which an endpoint becomes available by itself; one that was made a moment ago may not be shown yet. */
const underWay: ReadonlySet<string> = new Set(["pending", "partial", "unknown"]);

/** Waits until all of these endpoints are available; `ProviderError` (`EndpointNotAvailable`) where one is not going to be, or not in ten minutes. */
export async function awaitEndpoints(door: Ec2Door, ids: readonly string[], options: CallOptions): Promise<void> {
  await poll({ clock: door.clock, signal: options.signal }, async (elapsedMs) => {
    const states = await endpointStates(door, ids, options);
    const [waitsFor] = ids.filter((id) => states.get(id) !== "available");
    if (waitsFor === undefined) return true;
    const failed = ids.find((id) => states.get(id) !== "available" && !underWay.has(states.get(id) ?? "unknown"));
    if (failed !== undefined || elapsedMs > patienceMs) {
      const id = failed ?? waitsFor;
      throw new ProviderError(`The VPC endpoint ${id} is ${states.get(id) ?? "not shown"}, not available. Look in the VPC console why, remove the endpoint or the network, and make it again.`, {
        code: "EndpointNotAvailable",
        service: "ec2",
        operation: "DescribeVpcEndpoints",
        context: { id, state: states.get(id) },
      });
    }
    return undefined;
  });
}

async function endpointStates(door: Ec2Door, ids: readonly string[], options: CallOptions): Promise<ReadonlyMap<string, string>> {
  // by a filter: an id that is not known yet is no error
  const Filters = [{ Name: "vpc-endpoint-id", Values: [...ids] }];
  const { VpcEndpoints = [] } = await callEc2(door, { operation: "DescribeVpcEndpoints", signal: options.signal }, async ({ signal: abortSignal }) => await door.ec2.send((aws) => new aws.DescribeVpcEndpointsCommand({ Filters }), { abortSignal }));
  return new Map(VpcEndpoints.map(({ VpcEndpointId = "", State }) => [VpcEndpointId, State?.toLowerCase() ?? "unknown"]));
}
