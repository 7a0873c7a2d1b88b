/**
 * What is protected in one account, the engine in another, the repository in a third, each reached by a role with the least
 * permissions: `npx tsx examples/three-accounts.ts`
 */
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { AwsAccount, iamPolicies, Policy, ProviderError, Repository, Restore, s3Storage, type RoleKind } from "holdfast";
import { runExample, type Print } from "./support/run-example.js";
import { holds, inWorld, makeBucket, noise, region } from "./support/world.js";

const [production, backup, vault] = ["111122223333", "222222222222", "333333333333"] as const;
const externalId = "one-of-your-own";

export async function threeAccounts(print: Print): Promise<void> {
  await inWorld(async (world) => {
    const { cloud } = world;
    const administrators = new Map<string, AwsAccount>([production, backup, vault].map((accountId) => [accountId, new AwsAccount(cloud.connection({ region, accountId }))]));
    const administratorOf = (accountId: string): AwsAccount => administrators.get(accountId) ?? world.account;
    await makeBucket(administratorOf(vault), "backups");

    // the documents, for a person to read and to put in place; CloudFormation does the same with `iamPolicies(…).templates`
    const { roles } = iamPolicies({
      applianceId: "example",
      accounts: { backup, production: [production], repository: vault },
      principal: `arn:aws:iam::${backup}:root`,
      configurationBucket: "configuration",
      repositories: [{ bucket: "backups", prefix: "gold" }],
      regions: [region],
      externalId,
    });
    for (const { account, name, trust, policy } of roles) {
      const iam = administratorOf(account).iam(region);
      await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }));
      await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: name, PolicyDocument: JSON.stringify(policy) }));
      print(`role ${name} in ${account}: ${String(policy.Statement.length)} statements`);
    }
    const arnOf = (kind: RoleKind): string => roles.find((role) => role.kind === kind)?.arn ?? "";

    // from here on, nobody is an administrator
    const impersonation = administratorOf(backup).assume({ roleArn: arnOf("impersonation") });
    const source = impersonation.assume({ roleArn: arnOf("backup"), externalId });
    const target = impersonation.assume({ roleArn: arnOf("restore"), externalId });
    const storage = s3Storage({ account: impersonation.assume({ roleArn: arnOf("repository"), externalId }), bucket: "backups", prefix: "gold" });

    const repository = await Repository.create({ storage, encryption: { passphrase: "a long enough passphrase" } });
    const data = noise(10);
    const volume = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a`, accountId: production });
    for (const [index, block] of data) await cloud.volumes.write(volume, index * block.length, block);
    const result = await new Policy({ name: "gold", account: source, include: [{ volume }], backup: { repository } }).run();
    print(`backed up from ${result.resources[0]?.resource.split("/")[0] ?? "nowhere"}`);
    const restored = await new Restore({ repository, account: target }).volume(result.resources[0]?.point ?? "", { availabilityZone: `${region}b` });
    print(`restored: ${(await holds(world, restored.volumeId, data)) ? "every byte" : "NOT ALL"}`);

    try {
      await new Restore({ repository, account: source }).volume(result.resources[0]?.point ?? "", { availabilityZone: `${region}b` });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      print(`the backup role cannot restore: ${error.awsCode ?? error.code} of ${error.operation}`);
    }
    for (const account of administrators.values()) await account.close();
  });
}

await runExample(import.meta.url, threeAccounts);
