import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { z } from "zod";
import { HoldfastError, IntegrityError } from "../../errors/index.js";
import type { CallOptions, ObjectStore } from "../../ports/index.js";

/** A document as it was read. */
export interface StoredDocument<Document> {
  readonly document: Document;
  readonly etag: string;
  /** Of its JSON, in hex: as `documentDigest` gives it of what was written. */
  readonly sha256: string;
}

/** Documents of the protocol have some KiB, that of an outcome over an immutable volume perhaps more; what is larger than this is none. */
const maxDocumentBytes = 2 ** 24;

/** SHA-256 of a document as it is written, in hex. */
export function documentDigest(document: object): string {
  return digestOf(JSON.stringify(document));
}

function digestOf(body: string): string {
  return createHash("sha256").update(body, "utf8").digest("hex");
}

/** The documents of the protocol in the configuration bucket: JSON, checked when read, signed where a key is given. */
export class ControlObjects {
  readonly store: ObjectStore;

  constructor(store: ObjectStore) {
    this.store = store;
  }

  /** The document, or `undefined` where there is none. `IntegrityError` (`DamagedControlObject`) where it is no such document, or its signature is another's. */
  async read<Document>(name: string, schema: z.ZodType<Document>, options: CallOptions & { readonly signingKey?: Buffer | undefined } = {}): Promise<StoredDocument<Document> | undefined> {
    const found = await this.#get(name, options);
    if (found === undefined) return undefined;
    if (found.body.length > maxDocumentBytes) throw damaged(name, "it is larger than any such document");
    const text = found.body.toString("utf8");
    const newline = text.indexOf("\n");
    const body = newline < 0 ? text : text.slice(0, newline);
    if (options.signingKey !== undefined && !isSigned(options.signingKey, name, body, text.slice(newline + 1).trim())) throw damaged(name, "its signature does not fit");
    const parsed = schema.safeParse(parseJson(body));
    if (!parsed.success) throw damaged(name, "it is no such document");
    return { document: parsed.data, etag: found.etag, sha256: digestOf(body) };
  }

  /** Writes a document where there is none. `false` where there is one already, other than this very one (a reply may have been lost). */
  async create(name: string, document: object, options: CallOptions & { readonly signingKey?: Buffer | undefined } = {}): Promise<string | false> {
    const bytes = encode(name, document, options.signingKey);
    try {
      return (await this.store.put(name, bytes, { condition: "absent", signal: options.signal })).etag;
    } catch (error) {
      if (!isCode(error, "ConditionFailed")) throw error;
      const found = await this.#get(name, options);
      return found?.body.equals(bytes) === true ? found.etag : false;
    }
  }

  /** Writes over the version with this etag. `false` where it is another, or gone. */
  async replace(name: string, document: object, etag: string, options: CallOptions & { readonly signingKey?: Buffer | undefined } = {}): Promise<string | false> {
    const bytes = encode(name, document, options.signingKey);
    try {
      return (await this.store.put(name, bytes, { condition: { etag }, signal: options.signal })).etag;
    } catch (error) {
      if (!isCode(error, "ConditionFailed") && !isCode(error, "ObjectNotFound")) throw error;
      const found = await this.#get(name, options);
      return found?.body.equals(bytes) === true ? found.etag : false;
    }
  }

  /** Removes all objects under a prefix. */
  async removeAll(prefix: string, options: CallOptions = {}): Promise<void> {
    for await (const { name } of this.store.list(prefix, options)) await this.store.delete(name, options);
  }

  async #get(name: string, { signal }: CallOptions): Promise<{ readonly body: Buffer; readonly etag: string } | undefined> {
    try {
      return await this.store.get(name, { signal });
    } catch (error) {
      if (isCode(error, "ObjectNotFound")) return undefined;
      throw error;
    }
  }
}

/** One line of JSON; where it is signed, a second line with its HMAC-SHA-256 over the name and the first. */
function encode(name: string, document: object, signingKey: Buffer | undefined): Buffer {
  const body = JSON.stringify(document);
  return Buffer.from(signingKey === undefined ? `${body}\n` : `${body}\n${sign(signingKey, name, body).toString("hex")}\n`, "utf8");
}

function sign(key: Buffer, name: string, body: string): Buffer {
  return createHmac("sha256", key).update(`${name}\0${body}`, "utf8").digest();
}

function isSigned(key: Buffer, name: string, body: string, signature: string): boolean {
  const given = Buffer.from(signature, "hex");
  const wanted = sign(key, name, body);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // said by the schema, which `undefined` does not fit
    return undefined;
  }
}

function isCode(error: unknown, code: string): boolean {
  return HoldfastError.isInstance(error) && error.code === code;
}

function damaged(name: string, why: string): IntegrityError {
  return new IntegrityError(`${name} in the configuration bucket is damaged or forged: ${why}. Nothing of it was used. Find out who else writes to the configuration bucket.`, { code: "DamagedControlObject", context: { object: name } });
}
