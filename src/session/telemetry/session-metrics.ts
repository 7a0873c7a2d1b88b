import { metrics, type Counter, type Histogram } from "@opentelemetry/api";
import { blockSizeBytes, type RequestCount } from "../../ports/index.js";
import type { SessionEvent } from "../session-event.js";
import { instrumentation } from "./instrumentation.js";

type Facts = Readonly<Record<string, unknown>>;

const countedBlocks = ["read", "stored", "known", "zero", "healed", "audited"] as const;

/** The numbers of sessions. Instruments of the same name are one to the SDK, however often they are asked for. */
export class SessionMetrics {
  readonly #sessionSeconds: Histogram;
  readonly #resourceSeconds: Histogram;
  readonly #blocks: Counter;
  readonly #bytes: Counter;
  readonly #points: Counter;
  readonly #started = new Map<string, number>();

  constructor() {
    const meter = metrics.getMeter(instrumentation);
    this.#sessionSeconds = meter.createHistogram("holdfast.session.duration", { unit: "s", description: "How long sessions took, by outcome" });
    this.#resourceSeconds = meter.createHistogram("holdfast.resource.duration", { unit: "s", description: "How long attempts at resources took, by outcome" });
    this.#blocks = meter.createCounter("holdfast.blocks", { unit: "{block}", description: "Blocks of 512 KiB, by what became of them" });
    this.#bytes = meter.createCounter("holdfast.bytes", { unit: "By", description: "Bytes read from sources and stored in repositories, by direction" });
    this.#points = meter.createCounter("holdfast.points", { unit: "{point}", description: "Restore points committed, removed and archived" });
  }

  event(event: SessionEvent & Facts): void {
    const atMs = event.at.getTime();
    const resource = typeof event["resource"] === "string" ? event["resource"] : "";
    switch (event.type) {
      case "resource:started":
        this.#started.set(resource, atMs);
        return;
      case "resource:completed":
      case "resource:failed":
      case "resource:skipped":
        this.#resourceSeconds.record((atMs - (this.#started.get(resource) ?? atMs)) / 1_000, { outcome: event.type.slice("resource:".length) });
        return;
      case "volume:completed":
        this.#volume(event);
        return;
      case "point:committed":
      case "point:removed":
      case "point:archived":
        this.#points.add(1, { what: event.type.slice("point:".length) });
        return;
      default:
    }
  }

  ended(durationMs: number, outcome: string): void {
    this.#sessionSeconds.record(durationMs / 1_000, { outcome });
  }

  #volume({ blocks, storedBytes, method }: Facts): void {
    const counts = (typeof blocks === "object" && blocks !== null ? blocks : {}) as Facts;
    const labels = { method: typeof method === "string" ? method : "unknown" };
    for (const what of countedBlocks) if (typeof counts[what] === "number") this.#blocks.add(counts[what], { ...labels, what });
    if (typeof counts["read"] === "number") this.#bytes.add(counts["read"] * blockSizeBytes, { ...labels, direction: "read" });
    if (typeof storedBytes === "number") this.#bytes.add(storedBytes, { ...labels, direction: "stored" });
  }
}

/** Counts what was asked of providers in a session. */
export function countRequests(counts: readonly RequestCount[]): void {
  const counter = metrics.getMeter(instrumentation).createCounter("holdfast.requests", { unit: "{request}", description: "Requests to the provider, by operation and outcome" });
  for (const { service, operation, region, requests, throttled, failed } of counts) {
    for (const [outcome, count] of [["ok", requests - throttled - failed], ["throttled", throttled], ["failed", failed]] as const) if (count > 0) counter.add(count, { service, operation, region, outcome });
  }
}

/** How old the newest point of a resource is. One series a resource. */
export function measurePointAge(policy: string, resource: string, ageMs: number): void {
  metrics.getMeter(instrumentation).createGauge("holdfast.point.age", { unit: "s", description: "The age of a resource's newest restore point" }).record(ageMs / 1_000, { policy, resource });
}
