import { createHash } from "node:crypto";
import { ConfigurationError, type HoldfastError, IntegrityError } from "../../errors/index.js";
import { decodeConfiguration, isConfigurationGenuine, notGenuine } from "../format/configuration.js";
import { damageOf } from "../store/damage-errors.js";
import { objectNames, sequenceOf, slotIdOf } from "../format/object-names.js";
import { openRecord } from "../format/record.js";
import { listStored, readAccepted, readStored } from "../locks/read-stored.js";
import { isRemovalNoted } from "../slots/removal-note.js";
import { decodeKeySlot, isGenuine } from "../format/slot-document.js";
import { isDamage } from "../store/damage.js";
import { readProven } from "../store/read-proven.js";
import type { Verification } from "./verification.js";
import { isGone } from "../store/store-answers.js";

/** Looks at what opens the repository: its configuration, and the key slots. Of an immutable repository, as a reader does: what was put over them hides nothing. */
export async function checkOpening(verification: Verification): Promise<void> {
  const { context, findings, options } = verification;
  const { store, keys, openedSlot } = context;
  const accept = (body: Buffer): void => {
    try {
      if (!isConfigurationGenuine(keys, decodeConfiguration(body, store.location))) throw notGenuine(store.location);
    } catch (cause) {
      // it was opened with this very key: a configuration that is none any more is a damaged one
      if (!(cause instanceof ConfigurationError)) throw cause;
      throw new IntegrityError(cause.message, { code: "DamagedConfiguration", context: cause.context, cause });
    }
  };
  try {
    await readProven(context.logger, objectNames.configuration, async () => { await readAccepted(context, objectNames.configuration, accept, options); });
  } catch (error) {
    if (!isDamage(error)) throw error;
    findings.add(objectNames.configuration, { kind: "configuration", problem: damageOf(error), endangers: "The repository cannot be opened any more. repository.repair() restores this object while it is open." });
  }
  for await (const { name } of store.list(objectNames.keySlots, options)) if (slotIdOf(name) !== undefined && name !== openedSlot?.name) await checkSlot(verification, name);
  if (openedSlot === undefined) return;
  // An owner may have removed it since: then nothing is lost, and nothing to be brought back.
  const isRemoved = (await store.head(openedSlot.name, options)) === undefined && (await isRemovalNoted(store, keys, slotIdOf(openedSlot.name) ?? "", options));
  if (!isRemoved) await checkSlot(verification, openedSlot.name);
}

async function checkSlot({ context, findings, options }: Verification, name: string): Promise<void> {
  const { openedSlot, keys } = context;
  const isOpened = openedSlot?.name === name;
  const accept = (body: Buffer): void => {
    const slot = decodeKeySlot(body, name);
    // what the making of a repository left that was stopped before its last step: it opens nothing, and nothing depends on it
    if (!isOpened && slot.repositoryId !== keys.repositoryId.toString("hex")) return;
    if (keys.holds("slots") && !isGenuine(keys, slot)) throw slotError(name, "no owner of this repository made it, or it was changed since");
    if (isOpened && createHash("sha256").update(body).digest("hex") !== openedSlot.sha256) throw slotError(name, "it is not the slot that opened this repository");
  };
  try {
    await readProven(context.logger, name, async () => { await readAccepted(context, name, accept, options); });
  } catch (error) {
    if (!isDamage(error)) throw error;
    const remedy = isOpened ? "repository.repair() restores this object while it is open." : "Keep it open, and add a slot or repair this one.";
    findings.add(name, { kind: "keySlot", problem: damageOf(error), endangers: `The key of this slot may not open the repository any more. ${remedy}` });
  }
}

function slotError(name: string, why: string): HoldfastError {
  return new IntegrityError(`The key slot ${name} is damaged: ${why}.`, { code: "DamagedKeySlot", context: { object: name } });
}

/** Looks at the logs: that no place in them is empty, and that records which belong to no restore point open too. */
export async function checkLogs({ context, findings, options }: Verification, isChecked: (record: string) => boolean): Promise<void> {
  const { keys } = context;
  let stream = "";
  let expected = 1;
  for await (const { name } of listStored(context, objectNames.logs, { judge: "all", signal: options.signal })) {
    const sequence = sequenceOf(name);
    if (sequence === undefined) continue;
    const at = name.slice(0, name.lastIndexOf("/") + 1);
    if (at !== stream) [stream, expected] = [at, 1];
    for (; expected < sequence; expected++) {
      const missing = at + String(expected).padStart(12, "0");
      if (!isChecked(missing)) findings.add(missing, { kind: "record", problem: `${missing} is missing: places in a log are never given up.`, endangers: "The restore point that it belonged to, if it was not removed." });
    }
    expected = sequence + 1;
    if (isChecked(name)) continue;
    try {
      await readProven(context.logger, name, async () => openRecord(keys, name, (await readStored(context, name, { signal: options.signal })).body));
    } catch (error) {
      if (isGone(error)) continue;
      if (!isDamage(error)) throw error;
      findings.add(name, { kind: "record", problem: damageOf(error), endangers: "No restore point: the run that wrote it was not completed, or its point was removed. A collection cannot tell what it needs." });
    }
  }
}
