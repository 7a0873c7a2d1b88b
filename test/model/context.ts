import { type Rules } from "./rules.js";
import { type PointRecord, type World } from "./world.js";

/** Decides what the protocol leaves open: who is late, what the index finds, when somebody looks. One of 0 to `count` - 1. */
export type Choose = (count: number, what: string) => number;

/** What a step of a process works with. */
export interface Context {
  readonly world: World;
  readonly rules: Rules;
  readonly choose: Choose;
  /** Tells a trace what the step did. */
  readonly say: (words: string) => void;
  /** Whether a fault comes here: a choice, as long as faults are left. */
  readonly fails: (what: string) => boolean;
  /** A put whose sender does not learn what became of it: it is carried out whenever it arrives, or never. */
  readonly sendLate: (target: string, record: PointRecord) => void;
}

/** A choice between yes and no. */
export function isChosen({ choose }: Context, what: string): boolean {
  return choose(2, what) === 1;
}
