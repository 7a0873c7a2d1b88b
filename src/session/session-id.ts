import type { Random } from "../ports/index.js";

/** 128 bits, as hexadecimal. */
const idBytes = 16;

/** A new session's id. */
export function newSessionId(random: Random): string {
  return random.bytes(idBytes).toString("hex");
}
