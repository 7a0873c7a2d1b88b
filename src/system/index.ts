export { SystemClock, systemClock } from "./system-clock.js";
export { systemRandom } from "./system-random.js";
