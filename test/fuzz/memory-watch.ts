import { writeFileSync } from "node:fs";

/** Looking costs as much as a small parser: so it begins anew after so many inputs only. */
const inputsPerLook = 32;
/** After an input that took more than this it begins anew at once, so that the next one is not blamed. */
const muchBytes = 64 * 2 ** 20;

/** How far inputs drive up this process's memory, at its highest: what is given back before anybody looks counts too. */
export class MemoryWatch {
  #inputs = 0;
  #beforeBytes = 0;
  #isFresh = false;

  /** An input begins. */
  begin(): void {
    if (this.#inputs++ % inputsPerLook === 0 || !this.#isFresh) this.#look();
  }

  /** By how much memory rose for it, or for the few before it. */
  end(): number {
    const grownBytes = Math.max(0, peakBytes() - this.#beforeBytes);
    if (grownBytes > muchBytes) this.#isFresh = false;
    return grownBytes;
  }

  #look(): void {
    const isForgotten = forgetPeak();
    this.#beforeBytes = isForgotten ? process.memoryUsage.rss() : Math.max(process.memoryUsage.rss(), peakBytes());
    this.#isFresh = true;
  }
}

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1_024;
}

/** Has Linux begin anew with the highest value (proc(5), "clear_refs"). Where it cannot, only what rises above all that was before is seen. */
function forgetPeak(): boolean {
  if (process.platform !== "linux") return false;
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && ["EACCES", "EPERM", "EROFS", "ENOENT"].includes(String(error.code))) return false;
    throw error;
  }
}
