import { chmod, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { assertFormatVersion, parseStored } from "../stored-document.js";
import type { AliasRecord, KeyRecord } from "./key-record.js";

/** What KMS holds for one account, in all regions. */
export interface KmsAccount {
  /** By key id: ids are unique over all regions. */
  readonly keys: Map<string, KeyRecord>;
  readonly aliases: AliasRecord[];
}

interface StoredAccount {
  readonly formatVersion: 1;
  readonly keys: readonly KeyRecord[];
  readonly aliases: readonly AliasRecord[];
}

const FILE_NAME = /^(\d{12})\.json$/;

/**
 * The keys of every account: in memory, with a file an account that is replaced whole by each change.
 *
 * Key material lies in these files and nowhere else: they can be read by their owner only, and nothing here prints or logs.
 */
export class KmsStore {
  readonly #directory: string;
  readonly #accounts: Map<string, KmsAccount>;
  #saving: Promise<void> = Promise.resolve();

  private constructor(directory: string, accounts: Map<string, KmsAccount>) {
    this.#directory = directory;
    this.#accounts = accounts;
  }

  static async open(directory: string): Promise<KmsStore> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    const accounts = new Map<string, KmsAccount>();
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      const accountId = FILE_NAME.exec(name)?.[1];
      // A file that was being written when the process died.
      if (accountId === undefined) await rm(path, { force: true });
      else accounts.set(accountId, await restore(path));
    }
    return new KmsStore(directory, accounts);
  }

  account(accountId: string): KmsAccount {
    let account = this.#accounts.get(accountId);
    if (account === undefined) {
      account = { keys: new Map(), aliases: [] };
      this.#accounts.set(accountId, account);
    }
    return account;
  }

  /** Destroys the keys whose time has come, with their aliases. */
  sweep(accountId: string, now: Date): void {
    const { keys, aliases } = this.account(accountId);
    const gone = [...keys.values()].filter(({ deletionAt }) => deletionAt !== undefined && Date.parse(deletionAt) <= now.getTime());
    for (const { keyId } of gone) keys.delete(keyId);
    for (const { keyId } of gone) {
      for (let index = aliases.findIndex((alias) => alias.keyId === keyId); index >= 0; index = aliases.findIndex((alias) => alias.keyId === keyId)) aliases.splice(index, 1);
    }
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
    const path = join(this.#directory, `${accountId}.json`);
    const temporary = `${path}.new`;
    const file = await open(temporary, "w", 0o600);
    try {
      const { keys, aliases } = this.account(accountId);
      const stored: StoredAccount = { formatVersion: 1, keys: [...keys.values()], aliases };
      await file.writeFile(JSON.stringify(stored));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  }
}

async function restore(path: string): Promise<KmsAccount> {
  const stored = parseStored(path, await readFile(path, "utf8"), { keys: ["keyId"], aliases: [] }) as StoredAccount;
  assertFormatVersion(path, stored);
  const { keys, aliases } = stored;
  return { keys: new Map(keys.map((key) => [key.keyId, key])), aliases: [...aliases] };
}
