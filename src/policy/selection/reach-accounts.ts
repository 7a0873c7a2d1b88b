import { HoldfastError, type PartialFailure } from "../../errors/index.js";
import { optionError } from "../../options/option-error.js";
import type { CallOptions, CloudAccount } from "../../ports/index.js";
import type { ResolvedAccount } from "../policy-options.js";

/** What of a selection could not be resolved. */
export type SelectionFailure = PartialFailure & { readonly kind: "instance" | "volume" };

/** An account of a policy that can be asked, with its regions in the policy. */
export interface AccountPlace {
  readonly account: CloudAccount;
  readonly accountId: string;
  readonly regions: readonly string[];
}

/** A policy's accounts at this moment. */
export interface ReachedAccounts {
  readonly places: readonly AccountPlace[];
  /** Those that cannot be asked, as one whose role cannot be assumed: each is a failure of its own, and no reason to leave the others without a backup. */
  readonly unreachable: readonly SelectionFailure[];
}

/** Asks each account who it is. Where a policy has only one, that it cannot be asked is raised; `ConfigurationError` where two turn out to be the same. */
export async function reachAccounts(accounts: readonly ResolvedAccount[], { signal }: CallOptions): Promise<ReachedAccounts> {
  const places: AccountPlace[] = [];
  const unreachable: SelectionFailure[] = [];
  for (const [index, { account, regions }] of accounts.entries()) {
    const path = `accounts[${String(index)}]`;
    let accountId: string;
    try {
      accountId = await account.accountId({ signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (accounts.length === 1 || !HoldfastError.isInstance(error)) throw error;
      unreachable.push({ resource: `${roleAccount(account) ?? path}/*/*`, kind: "instance", error });
      continue;
    }
    if (places.some((place) => place.accountId === accountId)) throw optionError(`${path}.account`, `is account ${accountId}, which is among the accounts already. Name each once, with all of its regions.`);
    places.push({ account, accountId, regions });
  }
  return { places, unreachable };
}

/** The id of an account that cannot say it itself, by the role that leads there. */
export function roleAccount({ role }: CloudAccount): string | undefined {
  return /^arn:[^:]*:iam::(\d{12}):/.exec(role?.roleArn ?? "")?.[1];
}
