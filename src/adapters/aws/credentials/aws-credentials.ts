import { checkOptionNames, optionError } from "../../../options/option-error.js";

/** Keys to sign calls with. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they end; absent for keys that last. */
  readonly expiration?: Date | undefined;
}

/** Keys, or what gets them: asked again five minutes before they end. */
export type AwsCredentialsSource = AwsCredentials | (() => Promise<AwsCredentials>);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Raises `ConfigurationError` for what are no credentials. The error never shows a key. */
export function checkCredentials(path: string, credentials: unknown): void {
  if (typeof credentials === "function") return;
  if (!isRecord(credentials)) throw optionError(path, "must be { accessKeyId, secretAccessKey, sessionToken? } or a function that gets them.");
  // Clients of AWS put more into the identities that they give out.
  checkOptionNames(credentials, ["accessKeyId", "secretAccessKey", "sessionToken", "expiration", "accountId", "credentialScope", "$source"], "credentials", path);
  for (const name of ["accessKeyId", "secretAccessKey", "sessionToken"]) {
    const value = credentials[name];
    const isFine = typeof value === "string" ? value !== "" : value === undefined && name === "sessionToken";
    if (!isFine) throw optionError(`${path}.${name}`, `must be a text that is not empty${value === undefined ? ", and is missing" : ""}.`);
  }
  const { expiration } = credentials;
  if (expiration !== undefined && (!(expiration instanceof Date) || Number.isNaN(expiration.getTime()))) throw optionError(`${path}.expiration`, "must be a Date.");
}
