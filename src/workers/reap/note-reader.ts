import type { z } from "zod";
import { HoldfastError } from "../../errors/index.js";
import type { ControlObjects, StoredDocument } from "../../mover/protocol/control-objects.js";
import type { CallOptions, Logger } from "../../ports/index.js";
import type { ReapFinding } from "./reap-report.js";

/** Reads what engines say in the configuration bucket; what is damaged is told once, and hinders nothing else. */
export class NoteReader {
  readonly findings: ReapFinding[] = [];
  readonly #control: ControlObjects;
  readonly #logger: Logger;

  constructor(control: ControlObjects, logger: Logger) {
    this.#control = control;
    this.#logger = logger;
  }

  /** The document; nothing where there is none. */
  async read<Document>(kind: ReapFinding["kind"], object: string, schema: z.ZodType<Document>, options: CallOptions): Promise<StoredDocument<Document> | "damaged" | undefined> {
    try {
      return await this.#control.read(object, schema, options);
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && error.code === "DamagedControlObject")) throw error;
      this.findings.push({ severity: "warning", code: "DamagedNote", kind, object, message: `${object} in the configuration bucket is damaged or forged: nothing that it may speak of is removed.`, remedy: remedies[kind] });
      this.#logger.warn("a note in the configuration bucket is damaged: a reaping passes over it", { object, error: error.message });
      return "damaged";
    }
  }
}

const removeIt = "Find out who else writes to the configuration bucket; once no engine works there any more, remove the object and reap again";
const remedies: Readonly<Record<ReapFinding["kind"], string>> = {
  worker: `${removeIt}: then the worker counts as one whose engine is gone.`,
  task: `${removeIt}: then the task counts as one whose engine is gone.`,
  restore: `${removeIt}. Snapshots of the restore are then yours to look for: their tag holdfast:session is the object's name, or holdfast:restore the restore's id.`,
};
