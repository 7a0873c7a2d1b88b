import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseStored } from "../stored-document.js";

export interface RoleRecord {
  readonly roleId: string;
  readonly roleName: string;
  readonly path: string;
  readonly arn: string;
  readonly createdAt: string;
  trustPolicy: string;
  readonly description: string | undefined;
  readonly maxSessionSeconds: number;
  inlinePolicies: Record<string, string>;
  attachedPolicyArns: string[];
  /** The ARN of the policy that the role cannot go beyond. */
  readonly boundaryArn?: string | undefined;
  tags: Record<string, string>;
}

/** A managed policy of an account's own, in its one version. */
export interface PolicyRecord {
  readonly policyId: string;
  readonly policyName: string;
  readonly path: string;
  readonly arn: string;
  readonly createdAt: string;
  readonly description: string | undefined;
  readonly document: string;
  readonly tags: Record<string, string>;
}

export interface InstanceProfileRecord {
  readonly profileId: string;
  readonly profileName: string;
  readonly path: string;
  readonly arn: string;
  readonly createdAt: string;
  /** The role in the profile; a profile holds at most one. */
  roleName: string | undefined;
  readonly tags: Record<string, string>;
}

/** What IAM holds for one account. */
export interface AccountState {
  /** By lower-case name: IAM keeps names as they were given, and takes two that differ only in case for the same. */
  readonly roles: Map<string, RoleRecord>;
  readonly instanceProfiles: Map<string, InstanceProfileRecord>;
  /** By ARN. */
  readonly policies: Map<string, PolicyRecord>;
}

interface StoredAccount {
  readonly roles: readonly RoleRecord[];
  readonly instanceProfiles: readonly InstanceProfileRecord[];
  /** Not there in what earlier versions wrote. */
  readonly policies?: readonly PolicyRecord[];
}

const SUFFIX = ".json";

/** Roles and instance profiles of every account: in memory, with a file an account that is replaced whole by each change. */
export class IamStore {
  readonly #directory: string;
  readonly #accounts: Map<string, AccountState>;
  #saving: Promise<void> = Promise.resolve();

  private constructor(directory: string, accounts: Map<string, AccountState>) {
    this.#directory = directory;
    this.#accounts = accounts;
  }

  static async open(directory: string): Promise<IamStore> {
    await mkdir(directory, { recursive: true });
    const accounts = new Map<string, AccountState>();
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      // A file that was being written when the process died.
      if (!name.endsWith(SUFFIX)) await rm(path, { force: true });
      else accounts.set(name.slice(0, -SUFFIX.length), restore(parseStored(path, await readFile(path, "utf8"), { roles: ["roleName"], instanceProfiles: ["profileName"], policies: ["arn"] }, (list) => list === "policies") as StoredAccount));
    }
    return new IamStore(directory, accounts);
  }

  account(accountId: string): AccountState {
    let account = this.#accounts.get(accountId);
    if (account === undefined) {
      account = restore({ roles: [], instanceProfiles: [] });
      this.#accounts.set(accountId, account);
    }
    return account;
  }

  findRole(accountId: string, roleName: string): RoleRecord | undefined {
    return this.account(accountId).roles.get(roleName.toLowerCase());
  }

  findInstanceProfile(accountId: string, profileName: string): InstanceProfileRecord | undefined {
    return this.account(accountId).instanceProfiles.get(profileName.toLowerCase());
  }

  findPolicy(arn: string): PolicyRecord | undefined {
    const accountId = arn.split(":")[4] ?? "";
    return this.#accounts.get(accountId)?.policies.get(arn);
  }

  /** Writes an account's state; resolves when it is on disk. */
  async save(accountId: string): Promise<void> {
    const saving = this.#saving.then(async () => {
      await this.#write(accountId);
    });
    // The next write goes on whether or not this one fails; whoever asked for this one is told.
    this.#saving = saving.catch(() => undefined);
    await saving;
  }

  /** Waits until everything is written. */
  async close(): Promise<void> {
    await this.#saving;
  }

  async #write(accountId: string): Promise<void> {
    const path = join(this.#directory, `${accountId}${SUFFIX}`);
    const temporary = `${path}.new`;
    const file = await open(temporary, "w", 0o600);
    try {
      const { roles, instanceProfiles, policies } = this.account(accountId);
      const stored: StoredAccount = { roles: [...roles.values()], instanceProfiles: [...instanceProfiles.values()], policies: [...policies.values()] };
      await file.writeFile(JSON.stringify(stored));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  }
}

function restore(stored: StoredAccount): AccountState {
  return {
    roles: new Map(stored.roles.map((role) => [role.roleName.toLowerCase(), role])),
    instanceProfiles: new Map(stored.instanceProfiles.map((profile) => [profile.profileName.toLowerCase(), profile])),
    policies: new Map((stored.policies ?? []).map((policy) => [policy.arn, policy])),
  };
}
