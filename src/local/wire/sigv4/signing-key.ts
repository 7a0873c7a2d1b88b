import { createHmac } from "node:crypto";
import type { Authorization } from "./authorization.js";

const MAX_CACHED_KEYS = 256;

/** Derives signing keys, and keeps the last ones: a client signs a day's requests with one of them. */
export class SigningKeys {
  readonly #keys = new Map<string, Buffer>();

  derive(secretAccessKey: string, authorization: Pick<Authorization, "date" | "region" | "service">): Buffer {
    const { date, region, service } = authorization;
    const id = `${date}/${region}/${service}/${secretAccessKey}`;
    const cached = this.#keys.get(id);
    if (cached !== undefined) return cached;
    const dateKey = hmac(`AWS4${secretAccessKey}`, date);
    const key = hmac(hmac(hmac(dateKey, region), service), "aws4_request");
    if (this.#keys.size >= MAX_CACHED_KEYS) this.#keys.clear();
    this.#keys.set(id, key);
    return key;
  }
}

export function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text, "utf8").digest();
}
