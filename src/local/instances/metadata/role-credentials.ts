import type { IamStore, RoleRecord } from "../../iam/iam-store.js";
import { createKeyId, createSecret } from "../../iam/account-keys.js";
import type { InstanceRecord } from "../../ec2/instances/instance-record.js";
import { trustsService } from "../../iam/trust-policy.js";
import type { LocalClock } from "../../local-clock.js";
import type { SessionTokens } from "../../sts/session-tokens.js";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html: six hours, and new ones well before their end. */
const LIFETIME_MS = 6 * 3_600_000;
const RENEWED_BEFORE_END_MS = 15 * 60_000;

/** Credentials as the metadata service gives them. */
export interface RoleCredentials {
  readonly Code: "Success";
  readonly LastUpdated: string;
  readonly Type: "AWS-HMAC";
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  readonly Expiration: string;
}

export interface RoleCredentialsOptions {
  readonly iam: IamStore;
  readonly tokens: SessionTokens;
  readonly clock: LocalClock;
}

/** The credentials of an instance's role: the same until shortly before their end, then new ones. */
export class InstanceRoleCredentials {
  readonly #options: RoleCredentialsOptions;
  #current: { readonly credentials: RoleCredentials; readonly roleId: string; readonly endsAtMs: number } | undefined;

  constructor(options: RoleCredentialsOptions) {
    this.#options = options;
  }

  /** The role of an instance's profile, if there is one that EC2 may assume. */
  role(instance: InstanceRecord): RoleRecord | undefined {
    const { iam } = this.#options;
    const profileName = instance.profile?.arn.split("/").at(-1);
    if (profileName === undefined) return undefined;
    const roleName = iam.findInstanceProfile(instance.accountId, profileName)?.roleName;
    const role = roleName === undefined ? undefined : iam.findRole(instance.accountId, roleName);
    return role !== undefined && trustsService(role.trustPolicy, "ec2.amazonaws.com", role.arn.split(":")[4] ?? "") ? role : undefined;
  }

  credentials(instance: InstanceRecord, role: RoleRecord): RoleCredentials {
    const nowMs = this.#options.clock.now().getTime();
    const current = this.#current;
    if (current?.roleId === role.roleId && current.endsAtMs - RENEWED_BEFORE_END_MS > nowMs) return current.credentials;
    const expiresAt = new Date(Math.floor((nowMs + LIFETIME_MS) / 1000) * 1000);
    const { accountId, instanceId } = instance;
    const principal = {
      accountId,
      arn: `arn:aws:sts::${accountId}:assumed-role/${role.roleName}/${instanceId}`,
      roleArn: role.arn,
      roleName: role.roleName,
      instanceId,
    };
    const key = { accessKeyId: createKeyId("ASIA"), secretAccessKey: createSecret() };
    const credentials: RoleCredentials = {
      Code: "Success",
      LastUpdated: withoutFraction(new Date(nowMs)),
      Type: "AWS-HMAC",
      AccessKeyId: key.accessKeyId,
      SecretAccessKey: key.secretAccessKey,
      Token: this.#options.tokens.seal({ ...key, expiresAt, principal }),
      Expiration: withoutFraction(expiresAt),
    };
    this.#current = { credentials, roleId: role.roleId, endsAtMs: expiresAt.getTime() };
    return credentials;
  }
}

export function withoutFraction(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
