import { ConfigurationError, IntegrityError, ProviderError, type HoldfastError } from "../../errors/index.js";
import type { AwsFailure, AwsFailureKind } from "./aws-failure.js";

/** The services that are called, as they are named in signatures. */
export type AwsService = "ebs" | "ec2" | "s3" | "sts" | "iam" | "kms" | "sns" | "servicequotas";

/** A call, for messages. */
export interface AwsCallSubject {
  readonly service: AwsService;
  readonly operation: string;
  readonly region: string;
  /** What the call is about: `s3://bucket/key`, `snap-0abc`. */
  readonly resource?: string | undefined;
  /** The IAM actions that the call needs, where they are not named as the operation is. */
  readonly permissions?: readonly string[] | undefined;
  /** What else a denial may mean here. */
  readonly deniedHint?: string | undefined;
}

interface Meaning {
  readonly code: "AccessDenied" | "CredentialsRefused" | "CredentialsExpired" | "ClockSkewed" | "Throttled" | "Unreachable" | "TimedOut" | "ProviderFailed" | "ProviderRefused";
  readonly text: string;
}

/** A failed call as the error that the engine's callers see: what failed, on what, and what to do. */
export function awsError(call: AwsCallSubject, failure: AwsFailure, attempts = 1): HoldfastError {
  const { kind } = failure;
  const cause = causeOf(failure);
  const context = { resource: call.resource, region: call.region, attempts, reason: failure.reason };
  const tries = attempts > 1 ? ` (${attempts} attempts)` : "";
  const failed = (text: string): string => `${call.service}:${call.operation}${call.resource === undefined ? "" : ` on ${call.resource}`} in ${call.region} failed${tries}: ${text} ${saidBy(failure)}`;
  if (kind === "damaged") return new IntegrityError(failed("what arrived is not what was sent, again and again; check the network (proxies) and this machine's memory."), { code: "TransferDamaged", context, cause });
  if (kind === "no-credentials") return new ConfigurationError(failed("there are no credentials to sign with; give some to AwsAccount, or set up the AWS environment (variables, profile, instance role)."), { code: "NoCredentials", context, cause });
  const { code, text } = meaningOf(call, failure, kind);
  return new ProviderError(failed(text), {
    code, retryable: code === "Throttled" || code === "Unreachable" || code === "TimedOut" || code === "ProviderFailed", context, cause, service: call.service, operation: call.operation, requestId: failure.requestId, awsCode: failure.code,
  });
}

/** What AWS said, without what was asked: the client's own errors carry whole answers, and some repeat the signed request. */
function causeOf(failure: AwsFailure): Error {
  const cause = new Error(saidBy(failure));
  cause.name = failure.code;
  return cause;
}

function meaningOf(call: AwsCallSubject, failure: AwsFailure, kind: Exclude<AwsFailureKind, "damaged" | "no-credentials">): Meaning {
  switch (kind) {
    case "denied":
      return { code: "AccessDenied", text: `access is denied; allow ${missingActions(call, failure)} to the credentials in use, and look for a policy (bucket, key, organisation, endpoint) that denies it${call.deniedHint === undefined ? "" : `; ${call.deniedHint}`}.` };
    case "unauthenticated":
      return { code: "CredentialsRefused", text: "AWS does not accept the credentials; check the access key and that the region is enabled for the account." };
    case "expired":
      return { code: "CredentialsExpired", text: "the credentials are expired and new ones could not be had; give fresh ones or a role to assume." };
    case "skewed":
      return { code: "ClockSkewed", text: "this machine's clock is too far from AWS's; set it right." };
    case "throttled":
      return { code: "Throttled", text: "AWS kept refusing for too many requests; try again later, lower the parallelism, or have the quota raised." };
    case "unreachable":
      return { code: "Unreachable", text: "there is no connection, or it kept breaking; check endpoint, network and DNS." };
    case "timed-out":
      return { code: "TimedOut", text: "no answer came in time; check the network, or raise the account's limits." };
    case "server":
      return { code: "ProviderFailed", text: "AWS failed itself; try again later." };
    case "race":
      return { code: "ProviderFailed", text: "other writes of the same object were always under way; try again." };
    case "refused":
      return { code: "ProviderRefused", text: "AWS refuses the call; what it says tells what to change." };
  }
}

function saidBy({ code, message, reason }: AwsFailure): string {
  const text = message === "" || message === code ? "" : `: ${withoutSecrets(message)}`;
  return `AWS said ${code}${reason === undefined ? "" : ` (${reason})`}${text}`;
}

/** AWS's messages name users, actions and resources; a message with more lines repeats what was signed. */
function withoutSecrets(message: string): string {
  return (message.split("\n")[0] ?? "").slice(0, 500);
}

/** An action that comes along with a call, such as the use of a key, is named by AWS alone. */
function missingActions(call: AwsCallSubject, { message }: AwsFailure): string {
  const asked = actionsOf(call);
  const [, named] = /is not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)/.exec(message) ?? [];
  return named === undefined || asked.split(" and ").includes(named) ? asked : `${named} (beside ${asked})`;
}

function actionsOf({ service, operation, permissions = [`${service}:${operation}`] }: AwsCallSubject): string {
  return permissions.join(" and ");
}
