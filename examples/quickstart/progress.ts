import { Presets, SingleBar } from "cli-progress";
import type { PolicyEvent, Progress, RestoreEvent } from "holdfast";

/** Says on the standard error what is going on: steps as lines, and bars for what moves where somebody looks. */
export class Display {
  readonly #isTerminal = process.stderr.isTTY;
  #bar: SingleBar | undefined;

  step(text: string): void {
    this.#endBar();
    process.stderr.write(`${text}\n`);
  }

  show(event: PolicyEvent | RestoreEvent): void {
    if (event.type === "volume:started") this.step(`  ${event.volumeId}: ${event.method}`);
    if (event.type === "volume:progress") this.#move(event.volumeId, event);
    if (event.type === "restore:progress") this.#move(event.sourceVolume, event);
    if (event.type === "volume:completed") this.step(`  ${event.volumeId}: ${String(event.blocks.read)} blocks read, ${String(event.blocks.stored)} stored`);
    if (event.type === "point:committed") this.step(`  restore point ${event.point}`);
  }

  end(): void {
    this.#endBar();
  }

  #move(name: string, progress: Progress): void {
    if (!this.#isTerminal) return;
    if (this.#bar === undefined) {
      this.#bar = new SingleBar({ format: "  {name} {bar} {percentage}% {rate} MiB/s {left}", hideCursor: true, clearOnComplete: true, stream: process.stderr }, Presets.shades_classic);
      this.#bar.start(1, 0, { name, rate: "0", left: "" });
    }
    this.#bar.update(progress.fraction, { name, rate: (progress.bytesPerSecond / 2 ** 20).toFixed(0), left: leftOf(progress) });
  }

  #endBar(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

/** The time left, and whether AWS holds the run back. */
function leftOf({ remainingMs, throttled = 0 }: Progress): string {
  const left = remainingMs === undefined ? "" : `${String(Math.ceil(remainingMs / 1_000))} s left`;
  return throttled === 0 ? left : `${left} (throttled ${String(throttled)} times)`;
}
