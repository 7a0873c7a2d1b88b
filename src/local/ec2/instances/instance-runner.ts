import type { LaunchFaultKind } from "../../wire/faults/launch-fault.js";
import type { InstanceRecord, StateReason } from "./instance-record.js";

/** What makes an instance more than a record: whoever runs it. */
export interface InstanceRunner {
  /** Begins to run a new instance, to which the given faults will happen. */
  launch(instance: InstanceRecord, faults: readonly LaunchFaultKind[]): void;
  /** Begins to end an instance that is to be stopped or terminated. */
  end(instance: InstanceRecord): void;
  /** Whether anything of it still runs. */
  isAlive(instanceId: string): boolean;
  /** What it has written so far: the last 64 KiB; undefined where it never ran. */
  consoleOutput(instanceId: string): Promise<ConsoleOutput | undefined>;
  /** When the instance will be interrupted, where a notice has been given. */
  interruptedAt(instanceId: string): Date | undefined;
}

export interface ConsoleOutput {
  readonly bytes: Buffer;
  readonly writtenAt: Date;
}

/** What whoever runs instances needs of EC2. */
export interface InstanceControl {
  /** An instance as it is now. */
  find(instanceId: string): InstanceRecord | undefined;
  /** Every instance that is neither stopped nor terminated, nor on its way there. */
  running(): readonly InstanceRecord[];
  /** Stops or terminates an instance from within the cloud. */
  end(instanceId: string, target: "stopped" | "terminated", reason: StateReason): void;
}
