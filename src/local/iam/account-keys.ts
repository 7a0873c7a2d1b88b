import { randomBytes, randomInt } from "node:crypto";

/** The long-lived access key of an account's administrator. */
export interface AccountKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ACCESS_KEY_RANDOM_CHARACTERS = 16;
const ID_RANDOM_CHARACTERS = 17;
const SECRET_BYTES = 30;

/** Makes a key in AWS's form: `AKIA…` with a secret of 40 characters. */
export function createAccountKey(): AccountKey {
  return { accessKeyId: createKeyId("AKIA"), secretAccessKey: createSecret() };
}

/** The id of an access key: four letters that tell its kind, and sixteen at random. */
export function createKeyId(prefix: "AKIA" | "ASIA"): string {
  return prefix + randomCharacters(ACCESS_KEY_RANDOM_CHARACTERS);
}

/** The unique id of an IAM entity, e.g. `AROA…` for a role and `AIPA…` for an instance profile. */
export function createEntityId(prefix: "AIDA" | "AROA" | "AIPA" | "ANPA"): string {
  return prefix + randomCharacters(ID_RANDOM_CHARACTERS);
}

/** A secret access key: 40 characters of base64. */
export function createSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64");
}

/** The ARN of the administrator that every account has. */
export function administratorArn(accountId: string): string {
  return `arn:aws:iam::${accountId}:user/administrator`;
}

function randomCharacters(length: number): string {
  let text = "";
  for (let index = 0; index < length; index += 1) text += KEY_ALPHABET.charAt(randomInt(KEY_ALPHABET.length));
  return text;
}
