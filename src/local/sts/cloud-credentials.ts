import { administratorArn } from "../iam/account-keys.js";
import type { AccountKey } from "../iam/account-keys.js";
import type { Credential, CredentialRefusal, CredentialSource } from "../wire/principal.js";
import type { SessionTokens } from "./session-tokens.js";

const MAX_OPENED_TOKENS = 1024;

/** Every credential of the cloud: the administrators' keys, and whatever a session token carries. */
export class CloudCredentials implements CredentialSource {
  readonly #tokens: SessionTokens;
  readonly #byKeyId = new Map<string, Credential>();
  readonly #opened = new Map<string, Credential>();

  constructor(tokens: SessionTokens) {
    this.#tokens = tokens;
  }

  /** Makes the key of an account's administrator known. */
  addAccount(accountId: string, key: AccountKey): void {
    this.#byKeyId.set(key.accessKeyId, { ...key, principal: { accountId, arn: administratorArn(accountId) } });
  }

  find(accessKeyId: string, sessionToken: string | undefined): Credential | CredentialRefusal {
    if (sessionToken === undefined) return this.#byKeyId.get(accessKeyId) ?? "unknown-key";
    const credential = this.#open(sessionToken);
    if (credential === undefined) return "invalid-token";
    return credential.accessKeyId === accessKeyId ? credential : "unknown-key";
  }

  // A session signs thousands of calls with one token.
  #open(token: string): Credential | undefined {
    const known = this.#opened.get(token);
    if (known !== undefined) return known;
    const credential = this.#tokens.open(token);
    if (credential === undefined) return undefined;
    if (this.#opened.size >= MAX_OPENED_TOKENS) this.#opened.clear();
    this.#opened.set(token, credential);
    return credential;
  }
}
