const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const thousand = 1_024;

/** Bytes as people read them: `1.5 GiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= thousand && unit < units.length - 1) {
    value /= thousand;
    unit++;
  }
  return `${value >= 100 || unit === 0 ? String(Math.round(value)) : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** A duration as people read it: `2 h 5 min`, `12 s`, `340 ms`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${String(Math.round(ms))} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${String(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${String(minutes)} min` : `${String(minutes)} min ${String(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${String(hours)} h` : `${String(hours)} h ${String(minutes % 60)} min`;
  return `${String(Math.round(hours / 24))} days`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A day in UTC: `24 Nov 2026`. */
export function dayText(at: Date): string {
  return `${String(at.getUTCDate())} ${months[at.getUTCMonth()] ?? ""} ${String(at.getUTCFullYear())}`;
}

/** A moment in UTC: `24 Nov 2026, 02:00`. */
export function timeText(at: Date): string {
  return `${dayText(at)}, ${at.toISOString().slice(11, 16)}`;
}

/** A whole number with thin spaces between thousands. */
export function numberText(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A share as a percentage with as many digits as help. */
export function percentText(share: number): string {
  const percent = share * 100;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : String(Math.round(percent))} %`;
}

/** `1 resource`, `2 resources`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

/** `3 days ago`, `in 2 h`. */
export function agoText(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime();
  return ms < 0 ? `in ${durationText(-ms)}` : `${durationText(ms)} ago`;
}
