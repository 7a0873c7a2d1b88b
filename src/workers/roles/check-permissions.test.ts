import { SimulatePrincipalPolicyCommand, IAMClient } from "@aws-sdk/client-iam";
import { mockClient } from "aws-sdk-client-mock";
import { expect, it } from "vitest";
import { AwsAccount } from "../../adapters/aws/aws-account.js";
import { checkPermissions } from "./check-permissions.js";
import { iamPolicies } from "./iam-policies.js";

const backup = "111111111111";

it("says what a role lacks, by action, resource and statement, and asks with the tags that a call brings along", async () => {
  const client = new IAMClient({ region: "eu-west-1" });
  const iam = mockClient(client);
  const asked: { readonly actions: readonly string[]; readonly context: Readonly<Record<string, readonly string[]>> }[] = [];
  iam.on(SimulatePrincipalPolicyCommand).callsFake(({ ActionNames, ResourceArns, ContextEntries, Marker }: { ActionNames: string[]; ResourceArns: string[]; ContextEntries: { ContextKeyName: string; ContextKeyValues: string[] }[]; Marker?: string }) => {
    if (Marker === undefined) {
      asked.push({ actions: ActionNames, context: Object.fromEntries(ContextEntries.map(({ ContextKeyName, ContextKeyValues }) => [ContextKeyName, ContextKeyValues])) });
      return { IsTruncated: true, Marker: "more", EvaluationResults: [] };
    }
    return {
      EvaluationResults: ActionNames.map((EvalActionName) => ({
        EvalActionName,
        EvalDecision: "allowed",
        ResourceSpecificResults: ResourceArns.map((EvalResourceName) => ({ EvalResourceName, EvalResourceDecision: ["s3:PutObject", "ec2:DeleteVolume"].includes(EvalActionName) ? "implicitDeny" : "allowed" })),
      })),
    };
  });
  const account = new AwsAccount({ region: "eu-west-1", clients: { iam: client } });
  const { roles } = iamPolicies({ applianceId: "backup-1", accounts: { backup }, principal: `arn:aws:iam::${backup}:root`, configurationBucket: "configuration", repositories: [{ bucket: "backups" }], regions: ["eu-west-1"] });
  const engine = roles.find(({ kind }) => kind === "engine");
  if (engine === undefined) throw new Error("there is no engine role");
  expect(await checkPermissions(account.permissionCheck(), engine)).toEqual([
    { action: "ec2:DeleteVolume", resource: `arn:aws:ec2:eu-west-1:${backup}:volume/example`, decision: "implicitDeny", role: "holdfast-engine", statement: "RemoveOwnVolumes" },
    { action: "s3:PutObject", resource: "arn:aws:s3:::configuration/holdfast/example", decision: "implicitDeny", role: "holdfast-engine", statement: "MeetWorkers" },
  ]);
  expect(asked.find(({ actions }) => actions.includes("ec2:CreateTags"))?.context).toEqual({ "ec2:CreateAction": ["RunInstances"] });
});
