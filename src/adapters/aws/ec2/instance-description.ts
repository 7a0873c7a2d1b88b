import type { Instance } from "@aws-sdk/client-ec2";
import type { InstanceDescription } from "../../../ports/index.js";
import { present, tagsOf } from "./ec2-answer.js";

/** An instance as the engine sees it, out of DescribeInstances and what else is known of its attributes. */
export function describeInstance(instance: Instance, furtherAttributes: Readonly<Record<string, unknown>> = {}): InstanceDescription {
  const tags = tagsOf(instance.Tags);
  const volumes = (instance.BlockDeviceMappings ?? []).flatMap(({ DeviceName: deviceName, Ebs: ebs }) =>
    ebs?.VolumeId === undefined || deviceName === undefined || ebs.Status === "detached" ? [] : [{ volumeId: ebs.VolumeId, deviceName }],
  );
  return {
    instanceId: present(instance.InstanceId, "InstanceId", "DescribeInstances"),
    name: tags["Name"],
    tags,
    rootDeviceName: instance.RootDeviceName,
    volumes,
    attributes: jsonSafe({ ...instance, ...furtherAttributes }),
  };
}

/** Times become ISO 8601 texts, what is undefined is left out. */
function jsonSafe(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(value)) as Readonly<Record<string, unknown>>;
}
