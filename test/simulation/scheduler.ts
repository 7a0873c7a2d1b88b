/** Something that may happen next: an operation of a process, or a timer that wakes it. */
export interface Event {
  readonly process: Process;
  readonly kind: "operation" | "timer";
  /** What it is, for traces: `put sess/…`. */
  readonly label: string;
  /** Makes it happen. */
  readonly happen: (outcome: Outcome) => void;
}

/** How an operation goes: done and answered, or done with the answer lost. */
export type Outcome = "answered" | "reply lost";

/** A program in the simulated world. Once it has crashed nothing of it goes on, but a request on its way may still arrive. */
export interface Process {
  readonly name: string;
  isDone: boolean;
  hasCrashed: boolean;
  /** What it ended with, where it failed. */
  failure: unknown;
}

/** Runs processes one event at a time, in an order that is chosen from outside: the same choices give the same run. */
export class Scheduler {
  readonly processes: Process[] = [];
  readonly trace: string[] = [];
  #events: Event[] = [];

  /** Starts a program; it runs up to its first operation. */
  async start(name: string, program: (process: Process) => Promise<void>): Promise<Process> {
    const process: Process = { name, isDone: false, hasCrashed: false, failure: undefined };
    this.processes.push(process);
    void program(process).then(
      () => (process.isDone = true),
      (error: unknown) => {
        process.isDone = true;
        process.failure = error;
      },
    );
    await this.#settle();
    return process;
  }

  /** What may happen next, in the order in which it was asked for. */
  get events(): readonly Event[] {
    return this.#events;
  }

  get running(): readonly Process[] {
    return this.processes.filter(({ isDone, hasCrashed }) => !isDone && !hasCrashed);
  }

  add(event: Event): void {
    this.#events.push(event);
  }

  /** Takes an event back: a sleep that was ended. */
  remove(event: Event): void {
    this.#events = this.#events.filter((candidate) => candidate !== event);
  }

  /** Makes an event happen, and lets its process run up to its next one. */
  async happen(event: Event, outcome: Outcome = "answered"): Promise<void> {
    this.remove(event);
    this.trace.push(`${event.process.name}${event.process.hasCrashed ? " (crashed)" : ""}: ${event.label}${outcome === "answered" ? "" : `, ${outcome}`}`);
    event.happen(outcome);
    await this.#settle();
  }

  /** Ends a process where it stands. Of what it has asked for, `keeps` tells what is on its way already and may arrive later. */
  crash(process: Process, keeps: (event: Event) => boolean): void {
    this.trace.push(`${process.name}: crashes`);
    process.hasCrashed = true;
    this.#events = this.#events.filter((event) => event.process !== process || (event.kind === "operation" && keeps(event)));
  }

  /** Between two events the engine does nothing but run to its next ones: all of that is done when the event loop turns. */
  async #settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
