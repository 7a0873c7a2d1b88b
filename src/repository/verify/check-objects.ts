import { createHash } from "node:crypto";
import { ConfigurationError, HoldfastError, IntegrityError } from "../../errors/index.js";
import { checkConfiguration, decodeConfiguration } from "../format/configuration.js";
import { objectNames, sequenceOf } from "../format/object-names.js";
import { openRecord } from "../format/record.js";
import { listStored, readStored } from "../immutability/read-stored.js";
import { decodeKeySlot } from "../keys/key-slot.js";
import { isDamage, isGone } from "../read/damage.js";
import { readProven } from "../read/read-proven.js";
import type { Verification } from "./verification.js";

/** Looks at what opens the repository: its configuration, and the key slots. */
export async function checkOpening(verification: Verification): Promise<void> {
  const { context, findings, options } = verification;
  const { store, keys } = context;
  try {
    await readProven(context.logger, objectNames.configuration, async () => {
      const { body } = await store.get(objectNames.configuration, options);
      checkConfiguration(keys, decodeConfiguration(body, store.location), store.location);
    });
  } catch (error) {
    // it was opened with this very key: a configuration that is none any more is a damaged one
    if (!isDamage(error) && !(HoldfastError.isInstance(error) && error instanceof ConfigurationError)) throw error;
    findings.add(objectNames.configuration, { kind: "configuration", problem: error.message, endangers: "The repository cannot be opened any more. repository.repair() restores this object while it is open." });
  }
  for await (const { name } of store.list(objectNames.keySlots, options)) await checkSlot(verification, name);
  if (context.openedSlot !== undefined && (await store.head(context.openedSlot.name, options)) === undefined) {
    findings.add(context.openedSlot.name, { kind: "keySlot", problem: `${context.openedSlot.name} is missing.`, endangers: "The key that opened this repository opens it no more, unless another slot has it. repository.repair() restores this object while it is open." });
  }
}

async function checkSlot({ context, findings, options }: Verification, name: string): Promise<void> {
  const { store, openedSlot, keys } = context;
  try {
    await readProven(context.logger, name, async () => {
      const { body } = await store.get(name, options);
      const slot = decodeKeySlot(body, name);
      // what the making of a repository left that was stopped before its last step: it opens nothing, and nothing depends on it
      if (openedSlot?.name !== name && slot.repositoryId !== keys.repositoryId.toString("hex")) return;
      if (objectNames.keySlot(slot.slot) !== name) throw slotError(name, "it has another slot's name");
      if (openedSlot?.name === name && createHash("sha256").update(body).digest("hex") !== openedSlot.sha256) throw slotError(name, "it is not the slot that opened this repository");
    });
  } catch (error) {
    if (isGone(error)) return;
    if (!isDamage(error)) throw error;
    findings.add(name, { kind: "keySlot", problem: error.message, endangers: "The key of this slot may not open the repository any more. Keep it open, and add a slot or repair this one." });
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
      findings.add(name, { kind: "record", problem: error.message, endangers: "No restore point: the run that wrote it was not completed, or its point was removed. A collection cannot tell what it needs." });
    }
  }
}
