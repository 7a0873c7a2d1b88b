import { violated } from "./kms-error.js";

/** Named facts that a ciphertext is bound to. */
export type EncryptionContext = Readonly<Record<string, string>>;

/** https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html: a context has at most 8,192 characters. */
const MAX_CHARACTERS = 8192;

/** The same context always as the same bytes, whatever the order in which it was given. */
export function contextBytes(context: EncryptionContext = {}): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const text = JSON.stringify(pairs);
  if (text.length > MAX_CHARACTERS) throw violated("encryptionContext", `Member must have at most ${MAX_CHARACTERS} characters`);
  return Buffer.from(text, "utf8");
}
