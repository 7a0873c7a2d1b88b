import { ConfigurationError } from "../../errors/index.js";
import type { OrderSecrets, RepositoryAccess } from "../../mover/protocol/documents.js";
import type { AccountRole, CallOptions, CloudAccount } from "../../ports/index.js";
import type { RepositoryHandOver } from "../../repository/hand-over.js";
import type { PoolContext } from "../pool-context.js";

/** What a worker needs beside its task: the repository and its keys, and as whom it reaches the account of the snapshot. */
export async function remoteSecrets(context: PoolContext, handed: RepositoryHandOver, account: CloudAccount, region: string, call: CallOptions): Promise<Pick<OrderSecrets, "repository" | "account">> {
  const [repository, role] = await Promise.all([repositoryAccess(context, handed, "the repository's account", call), roleFor(context, account, "the policy's or restore's account", call)]);
  return { repository, account: { region, ...(role !== undefined && { role }) } };
}

/** What a worker needs to work in a repository: where it lies, as whom it is reached, and its keys. */
export async function repositoryAccess(context: PoolContext, { place, repositoryId, role: keyRole, secret }: RepositoryHandOver, what: string, call: CallOptions): Promise<RepositoryAccess> {
  const { kmsKeyId } = context.options;
  const role = await roleFor(context, place.account, what, call);
  const key = kmsKeyId === undefined ? { secret: secret().toString("base64") } : { kmsKeyId };
  const { bucket, prefix, region, storageClass, expectedBucketOwner } = place;
  return {
    bucket,
    prefix,
    region,
    ...(storageClass !== undefined && { storageClass }),
    ...(expectedBucketOwner !== undefined && { expectedBucketOwner }),
    ...(role !== undefined && { role }),
    repositoryId,
    keyRole,
    ...key,
  };
}

/** In its own account a worker is in its own role; to any other it comes by that account's role. */
async function roleFor({ options }: PoolContext, account: CloudAccount, what: string, call: CallOptions): Promise<AccountRole | undefined> {
  const [own, id] = await Promise.all([options.account.accountId(call), account.accountId(call)]);
  if (id === own) return undefined;
  if (account.role !== undefined) return account.role;
  throw new ConfigurationError(`${what} (${id}) is another than the workers' (${own}), and was not made by assume(): a worker cannot come by its credentials. Make it by account.assume({ roleArn }), with a role that trusts the workers' role.`, {
    code: "NotReachable",
    context: { path: "account", accountId: id },
  });
}
