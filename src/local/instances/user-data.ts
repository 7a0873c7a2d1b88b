import { gunzipSync } from "node:zlib";

/** A script as user data: what runs it, and its text. */
export interface UserDataScript {
  readonly interpreter: string;
  readonly arguments: readonly string[];
  readonly text: Buffer;
}

const GZIP_MAGIC = 0x1f8b;
const MAX_SCRIPT_BYTES = 1_048_576;

/** The script in an instance's user data; undefined where it is none, since nothing here reads cloud-config or MIME. */
export function readScript(userData: string | undefined): UserDataScript | undefined {
  if (userData === undefined) return undefined;
  const bytes = Buffer.from(userData, "base64");
  const text = bytes.length > 1 && bytes.readUInt16BE(0) === GZIP_MAGIC ? gunzipSync(bytes, { maxOutputLength: MAX_SCRIPT_BYTES }) : bytes;
  if (text.toString("latin1", 0, 2) !== "#!") return undefined;
  const end = text.indexOf(0x0a);
  const [interpreter, ...rest] = text.toString("utf8", 2, end < 0 ? undefined : end).trim().split(/\s+/);
  return interpreter === undefined || interpreter === "" ? undefined : { interpreter, arguments: rest, text };
}
