import * as client from "@aws-sdk/client-sts";
import { createKeyId, createSecret } from "../iam/account-keys.js";
import type { IamStore, RoleRecord } from "../iam/iam-store.js";
import { managedDocument } from "../iam/managed-policies.js";
import { parsePolicyDocument } from "../iam/policy-document.js";
import { judgeTrust } from "../iam/trust-policy.js";
import { decide, EVERYTHING } from "../policies/decide.js";
import type { ReadKey } from "../policies/policy-request.js";
import { ServiceError } from "../service.js";
import type { Operation, RequestContext, ServiceDefinition } from "../service.js";
import { becauseOf, refusal } from "../wire/authorizer.js";
import type { Principal } from "../wire/principal.js";
import { requestKeys } from "../wire/request-keys.js";
import type { SessionTokens } from "./session-tokens.js";

const SHORTEST_SESSION_SECONDS = 900;
const USUAL_SESSION_SECONDS = 3600;
/** A role assumed by a role's session ends after an hour: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const LONGEST_CHAINED_SECONDS = 3600;
const USUAL_TOKEN_SECONDS = 43_200;
const LONGEST_TOKEN_SECONDS = 129_600;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const ROLE_ARN = /^arn:aws:iam::(\d{12}):role(\/|\/[\u0021-\u007e]+\/)([\w+=,.@-]{1,64})$/;

export interface StsServiceOptions {
  readonly store: IamStore;
  readonly tokens: SessionTokens;
}

/** STS: who am I, and temporary credentials. */
export function createStsService(options: StsServiceOptions): ServiceDefinition {
  const { store, tokens } = options;
  return {
    signingName: "sts",
    protocol: "awsQuery",
    apiVersion: "2011-06-15",
    xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    schemas: client,
    permissions: (operation, input) => [
      { action: `sts:${operation}`, resource: typeof input.RoleArn === "string" ? input.RoleArn : "*", isJudgedByService: true },
    ],
    operations: {
      GetCallerIdentity: bind((_input: unknown, context): client.GetCallerIdentityResponse => ({
        Account: context.accountId,
        Arn: context.principalArn,
        UserId: userIdOf(store, context),
      })),
      AssumeRole: bind((input: client.AssumeRoleRequest, context) => assumeRole(store, tokens, input, context)),
      GetSessionToken: bind((input: client.GetSessionTokenRequest, context) => getSessionToken(tokens, input, context)),
    },
  };
}

function bind(run: (input: never, context: RequestContext) => unknown): Operation {
  return (input: never, context: RequestContext) => Promise.resolve().then(() => run(input, context));
}

function assumeRole(store: IamStore, tokens: SessionTokens, input: client.AssumeRoleRequest, context: RequestContext): client.AssumeRoleResponse {
  const [, accountId, , roleName] = ROLE_ARN.exec(input.RoleArn ?? "") ?? [];
  if (accountId === undefined || roleName === undefined) throw invalid(`${input.RoleArn ?? ""} is invalid`);
  const sessionName = input.RoleSessionName ?? "";
  if (!SESSION_NAME.test(sessionName)) {
    throw invalid(`1 validation error detected: Value '${sessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`);
  }
  const caller = sessionOf(context);
  const instanceId = context.caller?.principal.instanceId;
  const role = store.findRole(accountId, roleName);
  authorizeAssuming(role, input, context);
  const sessionPolicies = sessionPoliciesOf(store, input);
  const seconds = checkDuration(input.DurationSeconds, role, caller !== undefined);
  const arn = `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`;
  return {
    Credentials: issue(
      tokens,
      {
        accountId,
        arn,
        roleArn: role.arn,
        roleName: role.roleName,
        ...(sessionPolicies.length === 0 ? {} : { sessionPolicies }),
        // Whatever an instance becomes by its credentials, it stays where it is.
        ...(instanceId === undefined ? {} : { instanceId }),
      },
      seconds,
      context,
    ),
    AssumedRoleUser: { Arn: arn, AssumedRoleId: `${role.roleId}:${sessionName}` },
  };
}

const ASSUME = "sts:AssumeRole";

/** The role must trust the caller, and the caller's own policies must let it assume the role, unless the trust names the very caller. */
function authorizeAssuming(role: RoleRecord | undefined, input: client.AssumeRoleRequest, context: RequestContext): asserts role is RoleRecord {
  const { accountId, principalArn: arn, caller } = context;
  const resource = input.RoleArn ?? "";
  const read = requestKeys(context, assumeKeys(input));
  const judgement = caller?.judge({ action: ASSUME, resource, read }) ?? EVERYTHING;
  const because = (text: string): ServiceError => refusal("awsQuery", { arn }, { action: ASSUME, resource }, text);
  // A role that is not there is answered like one that does not trust the caller, so that nobody learns which it is.
  if (role === undefined || role.arn !== resource) throw because("");
  const trust = judgeTrust(role.trustPolicy, role.arn, { accountId, arn, roleArn: caller?.principal.roleArn }, read);
  if (trust.verdict !== "allow") throw because("");
  const decision = decide({ judgement, resource: trust, isSameAccount: role.arn.split(":")[4] === accountId, needsResourcePolicy: true });
  if (decision !== "allowed") throw because(becauseOf(decision, judgement, ASSUME));
}

function assumeKeys(input: client.AssumeRoleRequest): ReadKey {
  return (key) => {
    const value = key === "sts:externalid" ? input.ExternalId : key === "sts:rolesessionname" ? input.RoleSessionName : undefined;
    return value === undefined ? undefined : [value];
  };
}

const MAX_SESSION_POLICY_CHARACTERS = 2048;

/** The policies that limit a session: one written into the request, and managed ones. */
function sessionPoliciesOf(store: IamStore, input: client.AssumeRoleRequest): string[] {
  const managed = (input.PolicyArns ?? []).map(({ arn = "" }) => {
    const document = managedDocument(store, arn);
    if (document === undefined) throw invalid(`The policy ${arn} is not there, or is none that the local cloud knows.`);
    return document;
  });
  const own = input.Policy === undefined ? [] : [input.Policy];
  if (own.join("").length > MAX_SESSION_POLICY_CHARACTERS) throw new ServiceError("PackedPolicyTooLarge", 400, "The session policy has more than 2048 characters.");
  for (const document of own) parsePolicyDocument(document, "identity");
  return [...own, ...managed];
}

function checkDuration(requested: number | undefined, role: RoleRecord, isChained: boolean): number {
  const seconds = requested ?? USUAL_SESSION_SECONDS;
  if (seconds < SHORTEST_SESSION_SECONDS) {
    throw invalid(`1 validation error detected: Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900`);
  }
  if (isChained && seconds > LONGEST_CHAINED_SECONDS) {
    throw invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
  }
  if (seconds > role.maxSessionSeconds) throw invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  return seconds;
}

function getSessionToken(tokens: SessionTokens, input: client.GetSessionTokenRequest, context: RequestContext): client.GetSessionTokenResponse {
  if (sessionOf(context) !== undefined) {
    throw new ServiceError("AccessDenied", 403, "Cannot call GetSessionToken with session credentials");
  }
  const seconds = input.DurationSeconds ?? USUAL_TOKEN_SECONDS;
  if (seconds < SHORTEST_SESSION_SECONDS || seconds > LONGEST_TOKEN_SECONDS) {
    throw invalid(`1 validation error detected: Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must be from 900 to 129600`);
  }
  return { Credentials: issue(tokens, { accountId: context.accountId, arn: context.principalArn }, seconds, context) };
}

function issue(tokens: SessionTokens, principal: Principal, seconds: number, context: RequestContext): client.Credentials {
  // Whole seconds, as the API gives them.
  const expiresAt = new Date(Math.floor(context.clock.now().getTime() / 1000) * 1000 + seconds * 1000);
  const credential = { accessKeyId: createKeyId("ASIA"), secretAccessKey: createSecret(), expiresAt, principal };
  return {
    AccessKeyId: credential.accessKeyId,
    SecretAccessKey: credential.secretAccessKey,
    SessionToken: tokens.seal(credential),
    Expiration: expiresAt,
  };
}

/** The role and session behind an assumed role's ARN. */
function sessionOf(context: RequestContext): { readonly roleName: string; readonly sessionName: string } | undefined {
  const [, roleName, sessionName] = /^arn:aws:sts::\d{12}:assumed-role\/([^/]+)\/(.+)$/.exec(context.principalArn) ?? [];
  return roleName === undefined || sessionName === undefined ? undefined : { roleName, sessionName };
}

function userIdOf(store: IamStore, context: RequestContext): string {
  const session = sessionOf(context);
  if (session === undefined) return context.accountId;
  return `${store.findRole(context.accountId, session.roleName)?.roleId ?? "AROA"}:${session.sessionName}`;
}

function invalid(message: string): ServiceError {
  return new ServiceError("ValidationError", 400, message);
}
