import { promisify } from "node:util";
import { gunzip, gunzipSync, gzip, gzipSync } from "node:zlib";
import { seal, unseal, type SealContext } from "../keys/sealed-box.js";
import { damagedObject } from "../store/damage-errors.js";

/** What packs and unpacks sooner than another thread is asked: a millisecond or two. Larger ones must not hold up whatever else the process does. */
const atOnceBytes = 2 ** 17;

/** Seals a document of version 1: JSON, gzip, AES-GCM. */
export async function sealPackedJson(context: SealContext, document: object): Promise<Buffer> {
  const json = Buffer.from(JSON.stringify({ version: 1, ...document }));
  return seal(context, json.length <= atOnceBytes ? gzipSync(json) : await promisify(gzip)(json));
}

/** Opens what `sealPackedJson` made; raises `IntegrityError` where it is damaged, or `parse` refuses it. `maxBytes` bounds what a hostile object may unfold to. */
export async function openPackedJson<Document>(context: SealContext, bytes: Buffer, maxBytes: number, parse: (document: unknown) => Document): Promise<Document> {
  const packed = unseal(context, bytes);
  const bound = { maxOutputLength: maxBytes };
  try {
    const json = packed.length <= atOnceBytes / 8 ? gunzipSync(packed, bound) : await promisify<Buffer, typeof bound, Buffer>(gunzip)(packed, bound);
    return parse(JSON.parse(json.toString("utf8")));
  } catch (cause) {
    throw damagedObject(context.name, "what it says is not what version 1 writes", cause);
  }
}
