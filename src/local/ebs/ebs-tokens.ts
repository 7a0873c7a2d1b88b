import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { RecordStore } from "../blocks/record-store.js";

const keyBytes = 32;
const nonceBytes = 8;
const macBytes = 24;
const dayMs = 86_400_000;

/** How long a block's token is good: https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-elements.html */
export const blockTokenLifetimeMs = 7 * dayMs;

/** How long a page's token is good. */
export const pageTokenLifetimeMs = 3_600_000;

/** What a block's token is for. */
export interface BlockTokenSubject {
  readonly accountId: string;
  readonly snapshotId: string;
  readonly blockIndex: number;
}

/** What a page's token is for. */
export interface PageTokenSubject {
  readonly accountId: string;
  readonly operation: string;
  readonly snapshotIds: readonly string[];
}

/** Where a listing goes on. */
export interface PagePosition {
  readonly nextBlock: number;
  /** Whether the page before held nothing, so that this one must not be empty again. */
  readonly afterEmpty: boolean;
}

/**
 * The tokens of blocks and pages: they carry what they need, and a MAC under the cloud's own key says that it made them.
 *
 * So tokens hold after a restart, nothing is kept for them, and each listing gives other ones for the same blocks.
 */
export class EbsTokens {
  readonly #key: Buffer;

  constructor(records: RecordStore) {
    this.#key = tokenKey(records);
  }

  /** Makes the tokens of one listing's blocks. */
  forListing(accountId: string, expiresAt: Date): (snapshotId: string, blockIndex: number) => string {
    const head = Buffer.alloc(nonceBytes + 6);
    randomBytes(nonceBytes).copy(head);
    head.writeUIntBE(expiresAt.getTime(), nonceBytes, 6);
    return (snapshotId, blockIndex) => Buffer.concat([head, this.#mac(head, "block", accountId, snapshotId, blockIndex)]).toString("base64");
  }

  /** Whether a token was made for this block, and is still good. */
  isBlockToken(token: string, { accountId, snapshotId, blockIndex }: BlockTokenSubject, now: Date): boolean {
    const opened = splitToken(token, nonceBytes + 6);
    if (opened === undefined || !timingSafeEqual(opened.mac, this.#mac(opened.head, "block", accountId, snapshotId, blockIndex))) return false;
    return opened.head.readUIntBE(nonceBytes, 6) > now.getTime();
  }

  pageToken({ accountId, operation, snapshotIds }: PageTokenSubject, { nextBlock, afterEmpty }: PagePosition, now: Date): string {
    const head = Buffer.alloc(nonceBytes + 13);
    randomBytes(nonceBytes).copy(head);
    head.writeUIntBE(now.getTime() + pageTokenLifetimeMs, nonceBytes, 6);
    head.writeUIntBE(nextBlock, nonceBytes + 6, 6);
    head.writeUInt8(afterEmpty ? 1 : 0, nonceBytes + 12);
    return Buffer.concat([head, this.#mac(head, "page", accountId, operation, ...snapshotIds)]).toString("base64");
  }

  /** Where a token says that a listing goes on; undefined where it is not this listing's, or too old. */
  openPageToken(token: string, { accountId, operation, snapshotIds }: PageTokenSubject, now: Date): PagePosition | undefined {
    const opened = splitToken(token, nonceBytes + 13);
    if (opened === undefined || !timingSafeEqual(opened.mac, this.#mac(opened.head, "page", accountId, operation, ...snapshotIds))) return undefined;
    if (opened.head.readUIntBE(nonceBytes, 6) <= now.getTime()) return undefined;
    return { nextBlock: opened.head.readUIntBE(nonceBytes + 6, 6), afterEmpty: opened.head.readUInt8(nonceBytes + 12) === 1 };
  }

  #mac(head: Buffer, ...subject: readonly (string | number)[]): Buffer {
    return createHmac("sha256", this.#key).update(head).update(subject.join("\n")).digest().subarray(0, macBytes);
  }
}

function splitToken(token: string, headBytes: number): { readonly head: Buffer; readonly mac: Buffer } | undefined {
  const bytes = Buffer.from(token, "base64");
  if (bytes.length !== headBytes + macBytes) return undefined;
  return { head: bytes.subarray(0, headBytes), mac: bytes.subarray(headBytes) };
}

function tokenKey(records: RecordStore): Buffer {
  const table = records.table<{ readonly key: string }>("ebs.token-key");
  const known = table.get("current");
  if (known !== undefined) return Buffer.from(known.key, "base64");
  const key = randomBytes(keyBytes);
  records.commit([table.put("current", { key: key.toString("base64") })]);
  return key;
}
