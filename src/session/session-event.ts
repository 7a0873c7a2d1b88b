/** What happened in a session. `type` is `noun:verb`; each session's own map of events says when each is sent. */
export interface SessionEvent {
  readonly type: `${string}:${string}`;
  readonly at: Date;
}

/** The union of the events that a map describes: each key is a type, each value what the event carries. */
export type EventOf<EventMap> = { [Type in keyof EventMap & `${string}:${string}`]: { readonly type: Type; readonly at: Date } & EventMap[Type] }[keyof EventMap & `${string}:${string}`];

/** An event before the session has stamped it with the time. */
export type Unstamped<Event extends SessionEvent> = Event extends SessionEvent ? Omit<Event, "at"> : never;

/** Progress is news only until the next: it is what may be dropped where nobody listens. */
export function isProgress(event: SessionEvent): boolean {
  return event.type.endsWith(":progress");
}
