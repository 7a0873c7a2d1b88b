import { checkFaultOptions } from "./fault-options.js";
import type { FaultOptions } from "./fault-options.js";
import { isAboutLaunch, isLaunchKind } from "./launch-fault.js";
import type { LaunchFacts, LaunchFaultKind } from "./launch-fault.js";
import { seededRandom } from "./seeded-random.js";

/** A fault that a call meets, with the numbers that decide its details. */
export interface MetFault {
  readonly options: FaultOptions;
  /** From 0 to 1: where in a body it happens. */
  readonly position: number;
}

/** How often an injected fault came up. */
export interface FaultCount {
  readonly options: FaultOptions;
  /** Calls of its service and operation. */
  readonly matched: number;
  /** Calls that it met. */
  readonly met: number;
}

interface Rule {
  readonly options: FaultOptions;
  readonly random: () => number;
  matched: number;
  met: number;
  isActive: boolean;
}

// Seeds of rules lie apart by an odd constant, so that two rules of one run draw different numbers.
const SEED_STEP = 0x9e3779b9;

/**
 * Faults on demand.
 *
 * Each rule draws from a stream of its own, seeded by the cloud's seed and the rule's number: the same rules over the same calls
 * come out the same, whatever other rules there are.
 */
export class Faults {
  readonly #seed: number;
  readonly #rules: Rule[] = [];

  constructor(seed = 1) {
    this.#seed = seed;
  }

  /** Injects a fault until the returned function is called. */
  inject(options: FaultOptions): () => void {
    checkFaultOptions(options);
    const random = seededRandom(this.#seed + this.#rules.length * SEED_STEP);
    const rule: Rule = { options, random, matched: 0, met: 0, isActive: true };
    this.#rules.push(rule);
    return () => {
      rule.isActive = false;
    };
  }

  /** Ends every fault. */
  removeAll(): void {
    for (const rule of this.#rules) rule.isActive = false;
  }

  /** Every fault ever injected, in order, with how often it came up. */
  counts(): FaultCount[] {
    return this.#rules.map(({ options, matched, met }) => ({ options, matched, met }));
  }

  /** Decides which faults meet the next call of an operation. */
  meet(service: string, operation: string): readonly MetFault[] {
    return this.#draw(service, operation, (options) => !isLaunchKind(options));
  }

  /** Decides which faults meet a launch that is otherwise in order. */
  meetLaunch(facts: LaunchFacts): readonly LaunchFaultKind[] {
    const met = this.#draw("ec2", "RunInstances", (options) => isLaunchKind(options) && isAboutLaunch(options, facts));
    return met.map(({ options }) => options).filter(isLaunchKind);
  }

  #draw(service: string, operation: string, isMeant: (options: FaultOptions) => boolean): readonly MetFault[] {
    if (this.#rules.length === 0) return [];
    const faults: MetFault[] = [];
    for (const rule of this.#rules) {
      const { options } = rule;
      if (!rule.isActive || (options.service ?? service) !== service || (options.operation ?? operation) !== operation || !isMeant(options)) continue;
      rule.matched += 1;
      if (rule.matched <= (options.after ?? 0) || rule.met >= (options.times ?? Infinity)) continue;
      if (options.probability !== undefined && rule.random() >= options.probability) continue;
      rule.met += 1;
      faults.push({ options, position: rule.random() });
    }
    return faults;
  }
}
