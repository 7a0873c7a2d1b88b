import { ConfigurationError } from "../../errors/index.js";
import type { OrderSecrets } from "../../mover/protocol/documents.js";
import type { AccountRole, CallOptions, CloudAccount } from "../../ports/index.js";
import type { RepositoryHandOver } from "../../repository/hand-over.js";
import type { PoolContext } from "../pool-context.js";

/** What a worker needs beside its task: the repository and its keys, and as whom it reaches the account of the snapshot. */
export async function remoteSecrets({ options }: PoolContext, handed: RepositoryHandOver, account: CloudAccount, region: string, call: CallOptions): Promise<Omit<OrderSecrets, "signingKey" | "taskSha256" | "groupName">> {
  const { place, repositoryId, role: keyRole, secret } = handed;
  const own = await options.account.accountId(call);
  const [role, accountRole] = await Promise.all([roleFor(own, place.account, "the repository's account", call), roleFor(own, account, "the policy's or restore's account", call)]);
  const key = options.kmsKeyId === undefined ? { secret: secret().toString("base64") } : { kmsKeyId: options.kmsKeyId };
  const { bucket, prefix, region: bucketRegion, storageClass, expectedBucketOwner } = place;
  return {
    repository: {
      bucket,
      prefix,
      region: bucketRegion,
      ...(storageClass !== undefined && { storageClass }),
      ...(expectedBucketOwner !== undefined && { expectedBucketOwner }),
      ...(role !== undefined && { role }),
      repositoryId,
      keyRole,
      ...key,
    },
    account: { region, ...(accountRole !== undefined && { role: accountRole }) },
  };
}

/** In its own account a worker is in its own role; to any other it comes by that account's role. */
async function roleFor(own: string, account: CloudAccount, what: string, call: CallOptions): Promise<AccountRole | undefined> {
  const id = await account.accountId(call);
  if (id === own) return undefined;
  if (account.role !== undefined) return account.role;
  throw new ConfigurationError(`${what} (${id}) is another than the workers' (${own}), and was not made by assume(): a worker cannot come by its credentials. Make it by account.assume({ roleArn }), with a role that trusts the workers' role.`, {
    code: "NotReachable",
    context: { path: "account", accountId: id },
  });
}
