import * as z from "zod";
import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal, type SealContext } from "../keys/sealed-box.js";
import { damagedObject } from "../store/damage-errors.js";

const headSchema = {
  version: z.literal(1),
  epoch: z.int().min(1),
  /** Who decided it: 16 bytes in hex. */
  collection: z.string().regex(/^[0-9a-f]{32}$/),
  createdAt: z.iso.datetime(),
};

const listsSchema = z.strictObject({
  ...headSchema,
  lists: z.array(z.strictObject({ name: z.string().regex(/^gc\/lists\/[0-9a-f-]+$/), count: z.int().min(0) })),
});


/** What `gc/epoch/<N>` (which packs are condemned) and `gc/final/<N>` (which of them are deleted) say. */
export type CollectionLists = z.infer<typeof listsSchema>;
/** What `gc/done/<N>` says: how many packs were deleted. */
export interface CollectionDone {
  readonly version: 1;
  readonly epoch: number;
  readonly collection: string;
  readonly createdAt: string;
  readonly packs: number;
}

export type ListsStep = "epoch" | "final";

export function sealCollectionLists(keys: KeyRing, name: string, step: ListsStep, lists: CollectionLists): Buffer {
  return seal(sealOf(keys, name, step), Buffer.from(JSON.stringify(lists)));
}

export function openCollectionLists(keys: KeyRing, name: string, step: ListsStep, bytes: Buffer): CollectionLists {
  return parse(name, listsSchema, unseal(sealOf(keys, name, step), bytes));
}

export function sealCollectionDone(keys: KeyRing, name: string, done: CollectionDone): Buffer {
  return seal(sealOf(keys, name, "done"), Buffer.from(JSON.stringify(done)));
}

function parse<T>(name: string, schema: z.ZodType<T>, plain: Buffer): T {
  try {
    return schema.parse(JSON.parse(plain.toString("utf8")));
  } catch (cause) {
    throw damagedObject(name, "what it says is not what version 1 writes", cause);
  }
}

function sealOf(keys: KeyRing, name: string, label: string): SealContext {
  return { key: keys.structure, repositoryId: keys.repositoryId, name, label };
}
