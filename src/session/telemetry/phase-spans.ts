import type { SessionEvent } from "../session-event.js";

type Facts = Readonly<Record<string, unknown>>;

/** A stretch between two events that is a span of its own. */
export interface Phase {
  readonly name: string;
  readonly starts: string;
  /** What tells this stretch from others of its kind that go on at the same time. */
  readonly key: (event: Facts) => string;
  /** Within which stretch it lies, by that one's key; the session itself where it is none. */
  readonly within?: ((event: Facts) => string) | undefined;
  readonly ends: readonly string[];
  /** Of its ends, those that say that it failed. */
  readonly fails?: readonly string[] | undefined;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const resourceKey = ({ resource }: Facts): string => `resource ${text(resource)}`;

/** The spans of a session, by its events. */
export const phases: readonly Phase[] = [
  { name: "holdfast.resource", starts: "resource:started", key: resourceKey, ends: ["resource:completed", "resource:skipped", "resource:failed"], fails: ["resource:failed"] },
  { name: "holdfast.volume", starts: "volume:started", key: ({ resource, volumeId }) => `volume ${text(resource)} ${text(volumeId)}`, within: resourceKey, ends: ["volume:completed"] },
  { name: "holdfast.replica", starts: "replica:started", key: ({ resource, region }) => `replica ${text(resource)} ${text(region)}`, within: resourceKey, ends: ["replica:completed", "replica:failed"], fails: ["replica:failed"] },
  { name: "holdfast.snapshots", starts: "snapshot:started", key: ({ resource }) => `snapshots ${text(resource)}`, within: resourceKey, ends: ["snapshot:completed"] },
  { name: "holdfast.restore", starts: "restore:started", key: () => "restore", ends: ["session:ended"] },
];

const maxTextCharacters = 200;

/** What an event says, as attributes: texts and numbers, by their own names. */
export function attributesOf({ type: _, at: __, ...facts }: SessionEvent & Facts): Record<string, string | number | boolean> {
  const attributes: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(facts)) {
    if (typeof value === "number" || typeof value === "boolean") attributes[`holdfast.${name}`] = value;
    else if (typeof value === "string") attributes[`holdfast.${name}`] = value.slice(0, maxTextCharacters);
    else if (name === "error" && typeof value === "object" && value !== null && "code" in value) attributes["error.type"] = text(value.code);
  }
  return attributes;
}

/** Why it failed, where an event says it. */
export function messageOf({ error }: Facts): string {
  return typeof error === "object" && error !== null && "message" in error ? text(error.message) : "";
}
