import * as ec2 from "@aws-sdk/client-ec2";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { LocalCloud } from "../local-cloud.js";
import { checkIsolation } from "./isolation.js";

const isAllowed = await checkIsolation().then(
  () => true,
  () => false,
);

it.runIf(isAllowed)("an instance in a namespace of its own finds its metadata and the services at their own addresses, and nothing else", async () => {
  const cloud = await LocalCloud.start({ durable: false, instances: "run", instanceNetwork: "namespace" });
  const client = new ec2.EC2Client({ ...cloud.connection({ region: "eu-west-1" }), maxAttempts: 1 });
  // Something of this machine's that the instance must not reach: an endpoint of another cloud.
  const other = await LocalCloud.start({ durable: false });
  try {
    const script = `#!${process.execPath}
const outcome = (url, options) => fetch(url, options).then((answer) => answer.status, (error) => error.cause.code);
(async () => {
  const token = await (await fetch("http://169.254.169.254/latest/api/token", { method: "PUT", headers: { "x-aws-ec2-metadata-token-ttl-seconds": "60" } })).text();
  const id = await (await fetch("http://169.254.169.254/latest/meta-data/instance-id", { headers: { "x-aws-ec2-metadata-token": token } })).text();
  console.log("RESULT " + JSON.stringify([id, await outcome(process.env.AWS_ENDPOINT_URL), await outcome(${JSON.stringify(other.endpoint)}), Object.keys(process.env).filter((name) => name.startsWith("NODE_"))]));
  setInterval(() => {}, 1000);
})();
`;
    const { Images } = await client.send(new ec2.DescribeImagesCommand({ Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
    const UserData = Buffer.from(script).toString("base64");
    const { Instances } = await client.send(new ec2.RunInstancesCommand({ ImageId: Images?.[0]?.ImageId, MinCount: 1, MaxCount: 1, UserData }));
    const id = Instances?.[0]?.InstanceId ?? "";
    const deadline = performance.now() + 15_000;
    while (!(await cloud.instances.console(id)).includes("RESULT") && performance.now() < deadline) await delay(20);
    const result = /RESULT (.*)/.exec(await cloud.instances.console(id))?.[1] ?? (await cloud.instances.console(id));
    expect(JSON.parse(result)).toEqual([id, 403, "ECONNREFUSED", []]);
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [id] }));
    await expect.poll(() => cloud.instances.alive(), { timeout: 10_000 }).toEqual([]);
  } finally {
    client.destroy();
    await other.close();
    await cloud.close();
  }
});
