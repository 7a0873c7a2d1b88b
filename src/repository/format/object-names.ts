/** Which pack: the writer session that made it and its number there. */
export interface PackId {
  readonly kind: "data" | "meta";
  /** 16 bytes in hex. */
  readonly sessionId: string;
  readonly number: number;
}

const sequenceDigits = 12;

/** The names of a repository's objects (docs/repository-format.md, section 1). */
export const objectNames = {
  configuration: "holdfast.json",
  keySlots: "keys/",
  keySlot: (slotId: string): string => `keys/${slotId}`,
  pack: (id: PackId): string =>
    `${id.kind === "data" ? "packs" : "meta"}/${id.sessionId.slice(0, 2)}/${id.sessionId}-${String(id.number).padStart(6, "0")}`,
  log: (stream: string): string => `log/${stream}/`,
  record: (stream: string, sequence: number): string => `log/${stream}/${String(sequence).padStart(sequenceDigits, "0")}`,
  groups: "groups/",
  resourceGroups: (resource: string): string => `groups/${resource}/`,
  group: (resource: string, groupId: string): string => `groups/${resource}/${groupId}`,
  session: (sessionId: string): string => `sess/${sessionId}`,
  indexRuns: "idx/l0/",
  /** Begins with its time, as groups do: the newest runs can be read first. */
  indexRun: (time: string, sessionId: string, number: number): string => `idx/l0/${time}-${sessionId}-${String(number).padStart(6, "0")}`,
  collectionEpochs: "gc/epoch/",
} as const;

/** The sequence number in a record's name, or `undefined` where it is no record's name. */
export function sequenceOf(recordName: string): number | undefined {
  const match = /^log\/[0-9a-f]{32}\/(\d{12})$/.exec(recordName);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
