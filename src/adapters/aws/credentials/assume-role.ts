import { ProviderError, type HoldfastError } from "../../../errors/index.js";
import type { AwsFailure } from "../aws-failure.js";
import type { AwsCalls } from "../aws-calls.js";
import type { StsPackage } from "../clients/aws-packages.js";
import type { LazyClient } from "../clients/lazy-client.js";
import type { ResolvedAssumeRoleOptions } from "./assume-role-options.js";
import type { AwsCredentials } from "./aws-credentials.js";

/** Who assumes a role, and how it calls STS. */
export interface RoleAssumer {
  readonly sts: LazyClient<StsPackage>;
  readonly calls: AwsCalls;
  readonly region: string;
}

/** One AssumeRole: the credentials of a new session. */
export async function assumeRole({ sts, calls, region }: RoleAssumer, options: ResolvedAssumeRoleOptions): Promise<AwsCredentials> {
  const { roleArn, externalId, sessionName, durationSeconds } = options;
  const command = { RoleArn: roleArn, RoleSessionName: sessionName, DurationSeconds: durationSeconds, ExternalId: externalId };
  const call = { service: "sts", operation: "AssumeRole", region, client: sts, resource: roleArn, translate: (failure: AwsFailure) => refusal(failure, options) } as const;
  const answer = await calls.run(call, ({ signal }) => sts.send((aws) => new aws.AssumeRoleCommand(command), { abortSignal: signal }));
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: expiration } = answer.Credentials ?? {};
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined) {
    throw new ProviderError(`sts:AssumeRole of ${roleArn} gave no credentials: the endpoint does not speak STS as AWS does.`, { code: "InvalidAnswer", service: "sts", operation: "AssumeRole", context: { roleArn } });
  }
  return { accessKeyId, secretAccessKey, sessionToken, ...(expiration === undefined ? {} : { expiration }) };
}

function refusal(failure: AwsFailure, { roleArn, externalId, durationSeconds }: ResolvedAssumeRoleOptions): HoldfastError | undefined {
  const facts = { service: "sts", operation: "AssumeRole", requestId: failure.requestId, awsCode: failure.code, context: { roleArn } };
  if (failure.kind === "denied") {
    const id = externalId === undefined ? "no external id was given, which the role may ask for" : "the external id must be the one that the role asks for";
    return new ProviderError(
      `The role ${roleArn} cannot be assumed: the caller needs sts:AssumeRole on it, the role's trust policy must name the caller, and ${id}. AWS said ${failure.code}.`,
      { ...facts, code: "AccessDenied" },
    );
  }
  if (failure.kind === "refused") {
    return new ProviderError(`The role ${roleArn} cannot be assumed for ${durationSeconds} seconds: lower durationSeconds. Its own limit may be shorter, and a role that assumes a role gets 3600 at most. AWS said ${failure.code}.`, {
      ...facts,
      code: "ProviderRefused",
    });
  }
  return undefined;
}
