import { context, diag, SpanStatusCode, trace, type Span, type Tracer } from "@opentelemetry/api";
import type { SessionEvent } from "../session-event.js";
import { instrumentation } from "./instrumentation.js";
import { attributesOf, messageOf, phases } from "./phase-spans.js";
import { SessionMetrics } from "./session-metrics.js";

/**
 * A session as OpenTelemetry's API is told of it: spans and numbers made out of its events. Without an SDK that listens, that API does nothing. What fails here
 * costs the session nothing: it is told to the API's own diagnostics, and the session is not followed any further.
 */
export class SessionTelemetry {
  readonly #startedAt: Date;
  readonly #parent = context.active();
  readonly #open = new Map<string, Span>();
  #tracer: Tracer | undefined;
  #span: Span | undefined;
  #metrics: SessionMetrics | undefined;

  constructor({ id, title, startedAt }: { readonly id: string; readonly title: string; readonly startedAt: Date }) {
    this.#startedAt = startedAt;
    this.#safely(() => {
      this.#tracer = trace.getTracer(instrumentation);
      this.#metrics = new SessionMetrics();
      this.#span = this.#tracer.startSpan("holdfast.session", { startTime: startedAt, attributes: { "holdfast.session.id": id, "holdfast.session.title": title } }, this.#parent);
    });
  }

  event(event: SessionEvent): void {
    if (event.type.endsWith(":progress")) return;
    this.#safely(() => {
      const facts = event as SessionEvent & Readonly<Record<string, unknown>>;
      this.#metrics?.event(facts);
      const attributes = attributesOf(facts);
      this.#span?.addEvent(event.type, attributes, event.at);
      for (const phase of phases) {
        const key = phase.key(facts);
        if (phase.starts === event.type) {
          const within = phase.within === undefined ? undefined : this.#open.get(phase.within(facts));
          const parent = within ?? this.#span;
          const span = this.#tracer?.startSpan(phase.name, { startTime: event.at, attributes }, parent === undefined ? this.#parent : trace.setSpan(this.#parent, parent));
          this.#close(key, event.at);
          if (span !== undefined) this.#open.set(key, span);
        } else if (phase.ends.includes(event.type)) {
          const span = this.#open.get(key);
          span?.setAttributes(attributes);
          const isFailure = phase.fails?.includes(event.type) === true;
          if (isFailure) span?.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(facts) });
          // what lay within an attempt that failed ended with it
          if (phase.name === "holdfast.resource") this.#closeWithin(String(facts["resource"]), event.at, isFailure);
          this.#close(key, event.at);
        }
      }
    });
  }

  ended(at: Date, error?: Error): void {
    this.#safely(() => {
      for (const key of [...this.#open.keys()]) this.#close(key, at);
      if (error !== undefined) {
        this.#span?.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
        this.#span?.setAttribute("error.type", "code" in error && typeof error.code === "string" ? error.code : error.name);
      }
      this.#span?.end(at);
      this.#metrics?.ended(at.getTime() - this.#startedAt.getTime(), error === undefined ? "succeeded" : "failed");
    });
  }

  #closeWithin(resource: string, at: Date, isFailure: boolean): void {
    for (const [key, span] of [...this.#open]) {
      if (key === `resource ${resource}` || !(key.endsWith(` ${resource}`) || key.includes(` ${resource} `))) continue;
      if (isFailure) span.setStatus({ code: SpanStatusCode.ERROR });
      this.#close(key, at);
    }
  }

  #close(key: string, at: Date): void {
    this.#open.get(key)?.end(at);
    this.#open.delete(key);
  }

  #safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      diag.error("holdfast: a session could not be followed", error instanceof Error ? error.message : String(error));
      this.#tracer = undefined;
      this.#metrics = undefined;
      this.#span = undefined;
      this.#open.clear();
    }
  }
}
