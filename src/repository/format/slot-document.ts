import { createHmac, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { IntegrityError } from "../../errors/index.js";
import { canonicalJson } from "./canonical-json.js";
import { slotIdOf } from "./object-names.js";
import type { KeyRing } from "../keys/key-ring.js";
import { keyRoles } from "../keys/key-role.js";

/** No slot that is written has more: one that has is not read. */
export const maxSlotBytes = 8192;
export const maxLabelCharacters = 256;

/** Canonical base64: one text for the same bytes. */
const base64Schema = z.string().max(8192).refine((text) => Buffer.from(text, "base64").toString("base64") === text);
const hexSchema = (bytes: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${String(bytes * 2)}}$`));

/** 128 * N * r bytes of memory, N * r * p steps: at most 1 GiB, and 16 times the work of the usual parameters. */
const maxScryptMemory = 2 ** 23;
export const maxScryptWork = 2 ** 24;

const scryptSchema = z
  .strictObject({
    name: z.literal("scrypt"),
    N: z.int().min(2).max(2 ** 20).refine((N) => Number.isInteger(Math.log2(N))),
    r: z.int().min(1).max(32),
    p: z.int().min(1).max(16),
    salt: hexSchema(16),
  })
  .refine(({ N, r, p }) => N * r <= maxScryptMemory && N * r * p <= maxScryptWork);

const kmsSchema = z.strictObject({
  /** The master key's full name. */
  keyId: z.string().min(1).max(2048),
  /** The slot's own key, wrapped by the master key. */
  wrappedKey: base64Schema,
});

const common = {
  version: z.literal(1),
  slot: hexSchema(8),
  repositoryId: hexSchema(16),
  role: z.enum(keyRoles),
  createdAt: z.iso.datetime(),
  label: z.string().min(1).max(maxLabelCharacters).optional(),
  wrapped: base64Schema,
  mac: hexSchema(32),
};

const slotSchema = z.discriminatedUnion("kind", [
  z.strictObject({ ...common, kind: z.literal("passphrase"), kdf: scryptSchema }),
  z.strictObject({ ...common, kind: z.literal("raw") }),
  z.strictObject({ ...common, kind: z.literal("recovery") }),
  z.strictObject({ ...common, kind: z.literal("none") }),
  z.strictObject({ ...common, kind: z.literal("kms"), kms: kmsSchema }),
]);

/** A key slot as it is stored under `keys/` (docs/repository-format.md, section 3). */
export type KeySlot = z.infer<typeof slotSchema>;

type WithoutSeal<Slot> = Slot extends KeySlot ? Omit<Slot, "wrapped" | "mac"> : never;
/** A slot before its secret is wrapped: what the wrapping is bound to. */
export type SlotHead = WithoutSeal<KeySlot>;

export function encodeSlot(slot: KeySlot): Buffer {
  return Buffer.from(JSON.stringify(slot));
}

/** The slot in an object, or the reason why it is none. Every byte of it is looked at: nothing unknown is passed over. */
export function decodeSlot(bytes: Buffer, slotId: string): KeySlot | { readonly problem: string } {
  if (bytes.length > maxSlotBytes) return { problem: `it has more than ${String(maxSlotBytes)} bytes` };
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString("utf8"));
  } catch {
    // The parser's message repeats what it read: of no use to anybody.
    return { problem: "it is no JSON" };
  }
  const parsed = slotSchema.safeParse(document);
  if (!parsed.success) return { problem: isNewer(document) ? "it was written by a newer version of holdfast" : "what it says is not what version 1 writes" };
  if (parsed.data.slot !== slotId) return { problem: "it is another slot's, copied to this name" };
  if (JSON.stringify(document) !== bytes.toString("utf8")) return { problem: "its bytes are not those that were written" };
  return parsed.data;
}

/** The slot in an object; `IntegrityError` where it is none. */
export function decodeKeySlot(bytes: Buffer, name: string): KeySlot {
  const decoded = decodeSlot(bytes, slotIdOf(name) ?? "");
  if (!("problem" in decoded)) return decoded;
  throw new IntegrityError(`The key slot ${name} is damaged: ${decoded.problem}. Open the repository with another slot's key, or restore this object.`, { code: "DamagedKeySlot", context: { object: name } });
}

/** What the wrapped secret is bound to. */
export function slotHeadBytes(head: SlotHead | KeySlot): Buffer {
  const { wrapped: _wrapped, mac: _mac, ...bound } = head as KeySlot;
  return Buffer.from(canonicalJson(bound));
}

/** Adds the proof that an owner made this slot. */
export function signSlot(keys: KeyRing, slot: Omit<KeySlot, "mac">): KeySlot {
  return { ...slot, mac: macOf(keys, slot).toString("hex") } as KeySlot;
}

/** Whether an owner made this slot, just as it is. Only owners can tell. */
export function isGenuine(keys: KeyRing, slot: KeySlot): boolean {
  return timingSafeEqual(Buffer.from(slot.mac, "hex"), macOf(keys, slot));
}

function macOf(keys: KeyRing, slot: Omit<KeySlot, "mac">): Buffer {
  const { mac: _mac, ...signed } = slot as KeySlot;
  return createHmac("sha256", keys.slots).update(canonicalJson(signed)).digest();
}

function isNewer(document: unknown): boolean {
  return typeof document === "object" && document !== null && "version" in document && typeof document.version === "number" && document.version > 1;
}
