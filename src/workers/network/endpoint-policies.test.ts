import { describe, expect, it } from "vitest";
import { iamPolicies } from "../roles/iam-policies.js";
import { endpointPolicy } from "./endpoint-policies.js";

interface Parsed {
  readonly Statement: readonly { readonly Principal: string; readonly Action: readonly string[]; readonly Resource: readonly string[] }[];
}

function parsed(service: string, buckets?: readonly string[], region = "eu-west-1"): Parsed["Statement"][number] | undefined {
  const policy = endpointPolicy(service, region, { configurationBucket: "configuration" }, buckets);
  return policy === undefined ? undefined : (JSON.parse(policy) as Parsed).Statement[0];
}

describe("the policies of a worker network's endpoints", () => {
  const services = ["s3", "ebs", "sts", "kms"];

  it("let through what the worker's role may do, and the question who it is, and nothing else", () => {
    const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/1";
    const { roles } = iamPolicies({
      applianceId: "test",
      accounts: { backup: "111122223333", production: ["111122223333", "444455556666"] },
      principal: "arn:aws:iam::111122223333:root",
      configurationBucket: "configuration",
      repositories: [{ bucket: "backups", kmsKeyArn, immutable: true, archive: true }],
    });
    const mayDo = roles.find(({ kind }) => kind === "worker")?.policy.Statement.flatMap(({ Action }) => [...Action]) ?? [];
    const passes = services.flatMap((service) => parsed(service)?.Action ?? []);
    // of EC2 it asks nothing by itself, and lists are not among what moving data needs
    const ofWorkers = new Set(mayDo.filter((action) => !action.startsWith("ec2:Describe")));
    expect([...new Set(passes)].sort()).toEqual([...ofWorkers, "sts:GetCallerIdentity"].sort());
    for (const service of services) expect(parsed(service)).toMatchObject({ Principal: "*", Resource: ["*"] });
  });

  it("lead to the buckets that are named, and to the configuration bucket, in the region's partition", () => {
    expect(parsed("s3", ["backups", "configuration"])?.Resource).toEqual(["arn:aws:s3:::configuration", "arn:aws:s3:::configuration/*", "arn:aws:s3:::backups", "arn:aws:s3:::backups/*"]);
    expect(parsed("s3", ["backups"], "cn-north-1")?.Resource[0]).toBe("arn:aws-cn:s3:::configuration");
    expect(parsed("ebs", ["backups"])?.Resource).toEqual(["*"]);
  });

  it("are none where workers need nothing of a service", () => {
    expect(parsed("ec2")).toBeUndefined();
  });
});
