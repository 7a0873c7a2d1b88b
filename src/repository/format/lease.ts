import * as z from "zod";
import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal, type SealContext } from "../keys/sealed-box.js";
import { damagedObject } from "../store/damage-errors.js";

const countSchema = z.int().min(0);

const writerSchema = z.strictObject({
  kind: z.literal("writer"),
  /** The newest collection whose condemned lists this run has checked what it relies on against. */
  epoch: countSchema,
  stream: z.string().nullable(),
  /** The record that it will write. */
  target: countSchema.nullable(),
  /** The record that its point grows from. */
  parent: countSchema.nullable(),
  /** The name of the group that will make it a restore point. */
  group: z.string().nullable(),
  heartbeat: countSchema,
});

const readerSchema = z.strictObject({
  kind: z.literal("reader"),
  /** The names of the groups that are read. */
  pins: z.array(z.string()),
  heartbeat: countSchema,
});

const leaseSchema = z.discriminatedUnion("kind", [writerSchema, readerSchema]);

/** What a writer's lease says. */
export type WriterLease = z.infer<typeof writerSchema>;
/** What a reader's lease says. */
export type ReaderLease = z.infer<typeof readerSchema>;
/** What `sess/<sid>` says. */
export type LeaseState = z.infer<typeof leaseSchema>;

export function sealLease(keys: KeyRing, name: string, state: LeaseState): Buffer {
  return seal(sealOf(keys, name), Buffer.from(JSON.stringify(state)));
}

/** Opens a lease; raises `IntegrityError` where it is damaged. */
export function openLease(keys: KeyRing, name: string, bytes: Buffer): LeaseState {
  const plain = unseal(sealOf(keys, name), bytes);
  try {
    return leaseSchema.parse(JSON.parse(plain.toString("utf8")));
  } catch (cause) {
    throw damagedObject(name, "what it says is not what version 1 writes", cause);
  }
}

function sealOf(keys: KeyRing, name: string): SealContext {
  return { key: keys.structure, repositoryId: keys.repositoryId, name, label: "session" };
}
