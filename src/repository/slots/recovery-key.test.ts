import fc from "fast-check";
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../errors/index.js";
import { formatRecoveryKey, parseRecoveryKey } from "./recovery-key.js";

const secretArbitrary = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes));

function failureOf(text: unknown): string {
  try {
    parseRecoveryKey(text, "encryption.recoveryKey");
  } catch (error) {
    if (error instanceof ConfigurationError && error.code === "InvalidRecoveryKey") return error.message;
    throw error;
  }
  return "";
}

describe("a recovery key", () => {
  it("is read as it was printed, and as people type it", () => {
    fc.assert(
      fc.property(secretArbitrary, (secret) => {
        const text = formatRecoveryKey(secret);
        expect(text).toMatch(/^HF1(-[0-9A-HJKMNP-TV-Z]{4}){9}$/);
        const body = text.slice("HF1-".length);
        for (const typed of [text, text.toLowerCase(), body, body.replaceAll("-", ""), ` ${text.replaceAll("-", " ")}\n`, body.replaceAll("0", "o").replaceAll("1", "l"), body.replaceAll("0", "O").replaceAll("1", "I")]) {
          expect(parseRecoveryKey(typed, "path").equals(secret)).toBe(true);
        }
      }),
    );
  });

  it("has its typing errors found before anything is tried: any character, any two neighbours", () => {
    const text = formatRecoveryKey(Buffer.from("0123456789abcdefghij")).replaceAll("-", "").slice(3);
    for (let at = 0; at < text.length; at += 1) {
      const character = text.charAt(at) === "7" ? "8" : "7";
      expect(failureOf(text.slice(0, at) + character + text.slice(at + 1))).toContain("typing error");
      const swapped = text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2);
      if (at + 1 < text.length && swapped !== text) expect(failureOf(swapped)).toContain("typing error");
    }
  });

  it("that is none is refused in words that repeat nothing of it", () => {
    const text = formatRecoveryKey(randomBytes(20));
    expect(failureOf(undefined)).toContain("must be the text");
    expect(failureOf(text.slice(0, -5))).toContain("has 32 characters");
    expect(failureOf(`${text}-AAAA`)).toContain("has 40 characters");
    expect(failureOf(`${text.slice(0, 9)}U${text.slice(10)}`)).toContain("in group 2");
    for (const wrong of [text.slice(0, -5), `${text}-AAAA`]) expect(failureOf(wrong)).not.toContain(text.slice(4, 8));
  });
});
