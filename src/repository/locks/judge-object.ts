import * as z from "zod";
import { HoldfastError } from "../../errors/index.js";
import { decodeConfiguration, isConfigurationGenuine } from "../format/configuration.js";
import { openEnvelope, openEnvelopeStructure } from "../format/envelope.js";
import { openGroup, openGroupState } from "../format/group.js";
import { objectNames } from "../format/object-names.js";
import { recordKinds } from "../format/record.js";
import { decodeKeySlot, isGenuine } from "../format/slot-document.js";
import type { KeyRing } from "../keys/key-ring.js";

/**
 * What the bytes of one version say. `rank` orders the authentic versions of a name: a higher one stands for the name
 * whichever is newer. What was withdrawn stays withdrawn, though somebody puts an older state on top again.
 */
export interface Judgement {
  readonly rank: number;
}

/** Judges the bytes of an object whose name is used once; `undefined` where they were not written with this repository's keys. That a key is not held says nothing about bytes: it is raised. */
export function judgeObject(keys: KeyRing, name: string, bytes: Buffer): Judgement | undefined {
  try {
    if (name === objectNames.configuration) return judgeConfiguration(keys, name, bytes);
    if (name.startsWith(objectNames.keySlots)) return judgeSlot(keys, name, bytes);
    if (name.startsWith(objectNames.groups)) return judgeGroup(keys, name, bytes);
    return judgeRecord(keys, name, bytes);
  } catch (error) {
    if (!HoldfastError.isInstance(error) || error.code === "KeyNotHeld") throw error;
    return undefined;
  }
}

/** A collector has no key to a group's metadata, and judges by the structure: that is all it goes by. */
function judgeGroup(keys: KeyRing, name: string, bytes: Buffer): Judgement {
  if (keys.holds("metadata")) return { rank: openGroup(keys, name, bytes) === undefined ? 1 : 0 };
  return { rank: openGroupState(keys, name, bytes).kind === "withdrawn" ? 1 : 0 };
}

/** The same of records. */
function judgeRecord(keys: KeyRing, name: string, bytes: Buffer): Judgement {
  const { kind } = keys.holds("metadata") ? openEnvelope(keys, name, "HFRC", bytes, { structure: z.unknown(), metadata: z.unknown() }) : openEnvelopeStructure(keys, name, "HFRC", bytes, () => z.unknown());
  return { rank: kind === recordKinds.tombstone ? 1 : 0 };
}

/** A period is raised, never lowered: of several authentic configurations the one that protects longest stands. */
function judgeConfiguration(keys: KeyRing, name: string, bytes: Buffer): Judgement | undefined {
  const configuration = decodeConfiguration(bytes, name);
  if (!isConfigurationGenuine(keys, configuration)) return undefined;
  return { rank: configuration.immutability?.periodDays ?? 0 };
}

/** An owner can tell what owners made. Others can only tell whether it says to be this repository's and to lie where it lies: it is sealed by a key that is not at hand. */
function judgeSlot(keys: KeyRing, name: string, bytes: Buffer): Judgement | undefined {
  const slot = decodeKeySlot(bytes, name);
  if (keys.holds("slots") && !isGenuine(keys, slot)) return undefined;
  return slot.repositoryId === keys.repositoryId.toString("hex") && objectNames.keySlot(slot.slot) === name ? { rank: 0 } : undefined;
}
