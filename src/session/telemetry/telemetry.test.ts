import { metrics, SpanStatusCode, trace } from "@opentelemetry/api";
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader, type DataPoint } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { key, storageOf, textBlock } from "../../../test/support/backup-world.js";
import { ManualClock } from "../../../test/support/manual-clock.js";
import { MemoryCloud } from "../../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { ProviderError } from "../../errors/index.js";
import { Policy } from "../../policy/policy.js";
import { Repository } from "../../repository/repository.js";

const spans = new InMemorySpanExporter();
const numbers = new InMemoryMetricExporter(AggregationTemporality.DELTA);
const reader = new PeriodicExportingMetricReader({ exporter: numbers, exportIntervalMillis: 3_600_000 });
const tracing = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const measuring = new MeterProvider({ readers: [reader] });
let cloud: MemoryCloud;
let policy: Policy;

beforeAll(() => {
  trace.setGlobalTracerProvider(tracing);
  metrics.setGlobalMeterProvider(measuring);
});
afterAll(async () => {
  trace.disable();
  metrics.disable();
  await Promise.all([tracing.shutdown(), measuring.shutdown()]);
});
beforeEach(async () => {
  // what an earlier test measured, and nobody asked for
  await reader.forceFlush();
  spans.reset();
  numbers.reset();
  const clock = new ManualClock();
  cloud = new MemoryCloud(clock);
  const repository = await Repository.create({ storage: storageOf(new MemoryObjectStore()), encryption: { key } }, { clock });
  cloud.addVolume("vol-a").blocks.set(0, textBlock("a"));
  cloud.addVolume("vol-b").blocks.set(0, textBlock("b"));
  cloud.addInstance("i-a", ["vol-a", "vol-b"]);
  policy = new Policy({ name: "gold", account: cloud, include: [{ instance: "i-a" }], backup: { repository }, retries: 0, alerts: { pointOlderThanHours: 24 } }, { clock });
});

function tree(): string[] {
  const all = spans.getFinishedSpans();
  const depth = (span: ReadableSpan): number => {
    const parent = all.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId);
    return parent === undefined ? 0 : depth(parent) + 1;
  };
  return all.map((span) => `${"  ".repeat(depth(span))}${span.name}${span.status.code === SpanStatusCode.ERROR ? " failed" : ""}`).sort();
}

async function measured(): Promise<Map<string, number>> {
  await reader.forceFlush();
  const found = new Map<string, number>();
  for (const { descriptor, dataPoints } of numbers.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))) {
    for (const { attributes, value } of dataPoints as DataPoint<number | { readonly count: number }>[]) found.set([descriptor.name, ...Object.values(attributes)].join(" "), typeof value === "number" ? value : value.count);
  }
  return found;
}

describe("OpenTelemetry", () => {
  it("has a span for the session, each resource and each volume, and the numbers of what was done", async () => {
    const { session } = await policy.run();
    expect(tree()).toEqual(["    holdfast.snapshots", "    holdfast.volume", "    holdfast.volume", "  holdfast.resource", "holdfast.session"]);
    const root = spans.getFinishedSpans().find(({ name }) => name === "holdfast.session");
    expect(root?.attributes).toMatchObject({ "holdfast.session.id": session, "holdfast.session.title": "policy gold" });
    expect(root?.events.map(({ name }) => name)).toContain("point:committed");
    const found = await measured();
    expect([found.get("holdfast.blocks full read"), found.get("holdfast.blocks full stored"), found.get("holdfast.bytes full read"), found.get("holdfast.points committed")]).toEqual([2, 2, 2 * 524_288, 1]);
    expect([found.get("holdfast.session.duration succeeded"), found.get("holdfast.resource.duration completed"), found.get("holdfast.point.age gold 111122223333/eu-west-1/i-a")]).toEqual([1, 1, 0]);
    expect(found.get("holdfast.bytes full stored")).toBeGreaterThan(0);
  });

  it("says what failed, and leaves no span open", async () => {
    cloud.onCall = (operation, id) => {
      if (operation === "read" && id.includes("snap-")) throw new ProviderError("broken on purpose", { code: "ProviderFailed", service: "ebs", operation: "GetSnapshotBlock" });
    };
    await expect(policy.run()).rejects.toMatchObject({ code: "ResourcesFailed" });
    expect(tree()).toContain("  holdfast.resource failed");
    expect(tree()).toContain("holdfast.session failed");
    expect(tree().filter((line) => line.includes("holdfast.volume"))).not.toEqual([]);
    expect(spans.getFinishedSpans().find(({ name }) => name === "holdfast.resource")?.attributes["error.type"]).toBe("ProviderFailed");
    expect((await measured()).get("holdfast.session.duration failed")).toBe(1);
  });

  it("costs a session nothing where the SDK is broken, or there is none", async () => {
    trace.disable();
    trace.setGlobalTracerProvider({
      getTracer: () => {
        throw new Error("a broken SDK");
      },
    });
    await policy.run();
    trace.disable();
    await policy.run();
    expect(spans.getFinishedSpans()).toEqual([]);
    trace.setGlobalTracerProvider(tracing);
  });
});
