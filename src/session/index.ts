export { Session, type RunningSession } from "./session.js";
export type { EventOf, SessionEvent, Unstamped } from "./session-event.js";
export { resolveEnvironment, type EngineEnvironment } from "./engine-environment.js";
export { ProgressMeter, type Progress } from "./progress-meter.js";
export { measureRequests, sumRequests } from "./measure-requests.js";
export { asError } from "./as-error.js";
export { recordedError, type RecordedError } from "./recorded-error.js";
export { newSessionId } from "./session-id.js";
export { ownSignal } from "./own-signal.js";
