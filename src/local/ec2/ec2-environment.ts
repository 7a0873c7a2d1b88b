import type { IamStore } from "../iam/iam-store.js";
import type { LocalClock } from "../local-clock.js";
import type { BlockResources } from "./block-resources.js";
import { ClientTokens } from "./client-tokens.js";
import { Ec2Tables } from "./ec2-tables.js";
import type { LaunchFacts, LaunchFaultKind } from "../wire/faults/launch-fault.js";
import type { InstanceRunner } from "./instances/instance-runner.js";

export interface Ec2ServiceOptions {
  /** Holds volumes and snapshots, and EC2's own tables among its records. */
  readonly blocks: BlockResources;
  readonly clock: LocalClock;
  /** Where instance profiles are looked up; without it every profile is taken to be there. */
  readonly iam?: IamStore;
  /** The regions that DescribeRegions lists and snapshots are copied between. */
  readonly regions?: readonly string[];
  /** Decides what goes wrong with a launch; nothing does without it. */
  readonly meetLaunch?: (facts: LaunchFacts) => readonly LaunchFaultKind[];
  /** How long an instance or a volume's modification takes to settle (default 50 ms). */
  readonly transitionMs?: number;
}

const DEFAULT_REGIONS = ["us-east-1", "us-west-2", "eu-west-1", "eu-north-1"];
const DEFAULT_TRANSITION_MS = 50;

/** What every operation works on. */
export class Ec2Environment {
  readonly blocks: BlockResources;
  readonly clock: LocalClock;
  readonly iam: IamStore | undefined;
  readonly regions: readonly string[];
  readonly transitionMs: number;
  readonly meetLaunch: (facts: LaunchFacts) => readonly LaunchFaultKind[];
  readonly tables: Ec2Tables;
  readonly clientTokens: ClientTokens;
  #runner: InstanceRunner | undefined;

  constructor(options: Ec2ServiceOptions) {
    this.blocks = options.blocks;
    this.clock = options.clock;
    this.iam = options.iam;
    this.regions = options.regions ?? DEFAULT_REGIONS;
    this.transitionMs = options.transitionMs ?? DEFAULT_TRANSITION_MS;
    this.meetLaunch = options.meetLaunch ?? (() => []);
    this.tables = new Ec2Tables(options.blocks.records);
    this.clientTokens = new ClientTokens(this.tables.clientTokens);
  }

  /** Who runs instances; undefined where they are records only. */
  get runner(): InstanceRunner | undefined {
    return this.#runner;
  }

  /** From now on instances run for real. */
  runWith(runner: InstanceRunner): void {
    this.#runner = runner;
  }

  /** When what begins now is done. */
  settlesAt(): string {
    return new Date(this.clock.now().getTime() + this.transitionMs).toISOString();
  }

  hasPassed(at: string): boolean {
    return this.clock.now().getTime() >= new Date(at).getTime();
  }
}
