import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createAccountKey } from "./iam/account-keys.js";
import type { AccountKey } from "./iam/account-keys.js";
import { assertFormatVersion, damagedFile, parseStored } from "./stored-document.js";

interface StoredState {
  readonly formatVersion: 1;
  /** Seals session tokens; base64. */
  readonly tokenKey: string;
  readonly clockOffsetMs: number;
  readonly accounts: Readonly<Record<string, AccountKey>>;
}

const FILE_NAME = "cloud.json";
const TOKEN_KEY_BYTES = 32;

/**
 * What belongs to the cloud as a whole: its accounts' keys, the key of its session tokens, and its clock's offset.
 *
 * It is small and changes seldom, so it is written at once, synchronously: `clock.advance()` and `connection()` return when it is on disk.
 */
export class CloudState {
  readonly #path: string;
  #state: StoredState;

  private constructor(path: string, state: StoredState) {
    this.#path = path;
    this.#state = state;
  }

  /** Reads a cloud's state, or begins one. */
  static open(directory: string): CloudState {
    const path = join(directory, FILE_NAME);
    const stored = readStored(path);
    if (stored !== undefined) return new CloudState(path, stored);
    const tokenKey = randomBytes(TOKEN_KEY_BYTES).toString("base64");
    const state = new CloudState(path, { formatVersion: 1, tokenKey, clockOffsetMs: 0, accounts: {} });
    state.#write();
    return state;
  }

  get tokenKey(): Buffer {
    return Buffer.from(this.#state.tokenKey, "base64");
  }

  get clockOffsetMs(): number {
    return this.#state.clockOffsetMs;
  }

  get accounts(): Readonly<Record<string, AccountKey>> {
    return this.#state.accounts;
  }

  /** The key of an account's administrator, made when first asked for. */
  accountKey(accountId: string): AccountKey {
    const known = this.#state.accounts[accountId];
    if (known !== undefined) return known;
    const key = createAccountKey();
    this.#state = { ...this.#state, accounts: { ...this.#state.accounts, [accountId]: key } };
    this.#write();
    return key;
  }

  setClockOffset(clockOffsetMs: number): void {
    this.#state = { ...this.#state, clockOffsetMs };
    this.#write();
  }

  #write(): void {
    const temporary = `${this.#path}.new`;
    const file = openSync(temporary, "w", 0o600);
    try {
      writeSync(file, `${JSON.stringify(this.#state, undefined, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, this.#path);
  }
}

function readStored(path: string): StoredState | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  const stored = parseStored(path, text, {}) as StoredState;
  assertFormatVersion(path, stored);
  const { tokenKey, clockOffsetMs, accounts } = stored as { readonly [Name in keyof StoredState]: unknown };
  if (typeof tokenKey !== "string" || typeof clockOffsetMs !== "number" || typeof accounts !== "object" || accounts === null) throw damagedFile(path);
  return stored;
}
