import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { requireInstance } from "./find-instance.js";

/** What an instance's user data has written: standard output and errors, the last 64 KiB, in base64. */
export async function getConsoleOutput(environment: Ec2Environment, input: ec2.GetConsoleOutputRequest, context: RequestContext): Promise<ec2.GetConsoleOutputResult> {
  acceptOnly(input, ["InstanceId", "Latest"]);
  const { instanceId } = requireInstance(environment, context, input.InstanceId);
  const output = await environment.runner?.consoleOutput(instanceId);
  return { InstanceId: instanceId, Timestamp: output?.writtenAt ?? environment.clock.now(), Output: output?.bytes.toString("base64") ?? "" };
}
