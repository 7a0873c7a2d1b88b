import { type Collector } from "./collection.js";
import { stepCollector } from "./collector.js";
import { type Context } from "./context.js";
import { stepReader, type Reader } from "./reader.js";
import { stepRetention, type Retention } from "./retention.js";
import { putIfAbsent } from "./shelf.js";
import { type PointRecord } from "./world.js";
import { stepWriter, type Writer } from "./writer.js";

/** Who follows the protocol. */
export type Participant = Writer | Reader | Retention | Collector;

/** A request that the network held back, though its sender went on (it tried again, or died): it is carried out whenever it arrives. */
export interface LateRequest {
  readonly kind: "late request";
  readonly id: string;
  at: "under way" | "over";
  readonly sender: Participant;
  /** What the sender had chosen when it sent the request. */
  readonly choices: readonly number[];
}

/** A record whose writer has given up without knowing what became of it. */
export interface LateRecord {
  readonly kind: "late record";
  readonly id: string;
  at: "under way" | "over";
  readonly target: string;
  readonly record: PointRecord;
}

/** Whatever can make a step. The next step of a process is in its state alone: it can be copied, and wake at any time. */
export type Process = Participant | LateRequest | LateRecord;

/** Whether a process has no further step. */
export function isOver(process: Process): boolean {
  return process.at === "over";
}

/** Carries out the next step of a process: at most one operation on the store. */
export function step(context: Context, process: Process): void {
  switch (process.kind) {
    case "writer":
      stepWriter(context, process);
      break;
    case "reader":
      stepReader(context, process);
      break;
    case "retention":
      stepRetention(context, process);
      break;
    case "collector":
      stepCollector(context, process);
      break;
    case "late request": {
      const choices = [...process.choices];
      process.at = "over";
      step({ ...context, choose: () => choices.shift() ?? 0, fails: () => false, say: (words) => context.say(`(late) ${words}`) }, process.sender);
      break;
    }
    case "late record": {
      process.at = "over";
      const isPut = putIfAbsent(context.world.records, process.target, process.record);
      context.say(`(late) record ${process.target} of ${process.record.session}: ${isPut ? "written" : "the place is taken"}`);
      break;
    }
  }
}
