/** Which pack: the writer session that made it and its number there. */
export interface PackId {
  readonly kind: "data" | "meta";
  /** 16 bytes in hex. */
  readonly sessionId: string;
  readonly number: number;
}

const sequenceDigits = 12;

function twelveDigits(value: number): string {
  return String(value).padStart(sequenceDigits, "0");
}

/** A pack's name as one part of another's. */
function flat(packName: string): string {
  return packName.replaceAll("/", "-");
}

/** The names of a repository's objects (docs/repository-format.md, section 1). */
export const objectNames = {
  configuration: "holdfast.json",
  keySlots: "keys/",
  keySlot: (slotId: string): string => `keys/${slotId}`,
  /** Which slots owners remove, or have removed. */
  keySlotRemovals: "removing/",
  keySlotRemovalsOf: (slotId: string): string => `removing/${slotId}-`,
  keySlotRemoval: (slotId: string, nonce: string): string => `removing/${slotId}-${nonce}`,
  pack: (id: PackId): string =>
    `${id.kind === "data" ? "packs" : "meta"}/${id.sessionId.slice(0, 2)}/${id.sessionId}-${String(id.number).padStart(6, "0")}`,
  packs: "packs/",
  metaPacks: "meta/",
  logs: "log/",
  /** All packs of one session, of a kind. */
  sessionPacks: (kind: PackId["kind"], sessionId: string): string => `${kind === "data" ? "packs" : "meta"}/${sessionId.slice(0, 2)}/${sessionId}-`,
  warmDirectories: "arc/",
  /** The warm copy of an archived pack's directory. */
  warmDirectory: (id: PackId): string => `arc/${id.sessionId.slice(0, 2)}/${id.sessionId}-${String(id.number).padStart(6, "0")}`,
  log: (stream: string): string => `log/${stream}/`,
  record: (stream: string, sequence: number): string => `log/${stream}/${twelveDigits(sequence)}`,
  groups: "groups/",
  resourceGroups: (resource: string): string => `groups/${resource}/`,
  group: (resource: string, groupId: string): string => `groups/${resource}/${groupId}`,
  sessions: "sess/",
  session: (sessionId: string): string => `sess/${sessionId}`,
  indexRuns: "idx/l0/",
  /** Begins with its time, as groups do: the newest runs can be read first. */
  indexRun: (time: string, sessionId: string, number: number): string => `idx/l0/${time}-${sessionId}-${String(number).padStart(6, "0")}`,
  index: "idx/",
  indexManifest: "idx/manifest",
  /** What maintenance merged; a generation's name begins with its time. */
  indexShard: (generation: string, shard: number): string => `idx/${generation}/e${String(shard).padStart(6, "0")}`,
  indexPacks: (generation: string, page: number): string => `idx/${generation}/p${String(page).padStart(6, "0")}`,
  indexPackDetails: (generation: string, page: number): string => `idx/${generation}/d${String(page).padStart(6, "0")}`,
  allRelocations: "reloc/",
  /** Where frames of one pack are found instead. */
  relocations: (packName: string): string => `reloc/${flat(packName)}/`,
  relocation: (packName: string, number: number): string => `reloc/${flat(packName)}/${String(number).padStart(6, "0")}`,
  quarantines: "quarantine/",
  quarantine: (packName: string): string => `quarantine/${flat(packName)}`,
  verifiedTimes: (shard: number): string => `verify/times/${shard.toString(16).padStart(2, "0")}`,
  collectionEpochs: "gc/epoch/",
  collectionEpoch: (epoch: number): string => `gc/epoch/${twelveDigits(epoch)}`,
  collectionFinal: (epoch: number): string => `gc/final/${twelveDigits(epoch)}`,
  collectionsDone: "gc/done/",
  collectionDone: (epoch: number): string => `gc/done/${twelveDigits(epoch)}`,
  condemnedLists: "gc/lists/",
  condemnedList: (epoch: number, collection: string, number: number): string => `gc/lists/${twelveDigits(epoch)}-${collection}-${String(number).padStart(6, "0")}`,
  collectionLease: "gc/lease",
  checkpoints: "ckpt/",
  /** What runs of one stream have read so far. */
  streamCheckpoints: (stream: string): string => `ckpt/${stream}/`,
  checkpointPart: (stream: string, sessionId: string, number: number): string => `ckpt/${stream}/${sessionId}-${String(number).padStart(6, "0")}`,
  runs: "runs/",
  /** All that is kept of the runs of one policy, by the keyed hash of its name. */
  policyRuns: (policy: string): string => `runs/${policy}/`,
  /** The record of one run; begins with its time, as groups do. */
  run: (policy: string, time: string, sessionId: string): string => `runs/${policy}/${time}-${sessionId}`,
  /** The records of sessions of another kind than a policy's runs: `restore`, `verification`, `locks`, `retention`. */
  sessionsOf: (kind: string): string => `runs/${kind}/`,
  sessionOf: (kind: string, time: string, sessionId: string): string => `runs/${kind}/${time}-${sessionId}`,
  restoreLeases: "runs/restore/lease-",
  /** Who works at a restore now, by a keyed hash of its id. */
  restoreLease: (restore: string): string => `runs/restore/lease-${restore}`,
  /** Who runs the policy now. */
  runLease: (policy: string): string => `runs/${policy}/lease`,
  /** The alerts of a policy. */
  alerts: (policy: string): string => `runs/${policy}/alerts`,
  allVerifications: "verified/",
  /** What verified restores of one point found. */
  verifications: (groupName: string): string => `verified/${groupName.slice("groups/".length)}/`,
  /** One of them; begins with its time, as groups do. */
  verification: (groupName: string, time: string, sessionId: string): string => `verified/${groupName.slice("groups/".length)}/${time}-${sessionId}`,
  /** Put and removed again, to see how a bucket treats objects. */
  probes: "probe/",
  probe: (id: string): string => `probe/${id}`,
} as const;

/** The id in a key slot's name, or `undefined` where it is no slot's name. */
export function slotIdOf(name: string): string | undefined {
  return /^keys\/([0-9a-f]{16})$/.exec(name)?.[1];
}

/** The id of the slot that is being removed, in the name of that intention. */
export function removedSlotOf(name: string): string | undefined {
  return /^removing\/([0-9a-f]{16})-[0-9a-f]{16}$/.exec(name)?.[1];
}

/** The sequence number in a record's name, or `undefined` where it is no record's name. */
export function sequenceOf(recordName: string): number | undefined {
  return recordPlace(recordName)?.sequence;
}

/** Stream and sequence in a record's name, or `undefined` where it is no record's name. */
export function recordPlace(recordName: string): { readonly stream: string; readonly sequence: number } | undefined {
  const match = /^log\/([0-9a-f]{32})\/(\d{12})$/.exec(recordName);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { stream: match[1], sequence: Number(match[2]) };
}

/** The number in the name of a collection's step, or `undefined` where it is none. */
export function epochOf(stepName: string): number | undefined {
  const match = /^gc\/(?:epoch|final|done)\/(\d{12})$/.exec(stepName);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** The collection's number in the name of a list of condemned packs, or `undefined` where it is none. */
export function listEpochOf(listName: string): number | undefined {
  const match = /^gc\/lists\/(\d{12})-/.exec(listName);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** The pack that an object of this name is, or `undefined` where it is no pack's name: nobody looks for a pack under another than its own. */
export function packIdOf(name: string): PackId | undefined {
  const match = /^(packs|meta)\/[0-9a-f]{2}\/([0-9a-f]{32})-(\d{6,10})$/.exec(name);
  if (match?.[2] === undefined || match[3] === undefined) return undefined;
  const id: PackId = { kind: match[1] === "packs" ? "data" : "meta", sessionId: match[2], number: Number(match[3]) };
  return objectNames.pack(id) === name ? id : undefined;
}

/** The generation in the name of an object that maintenance merged, or `undefined` where it is another's name. */
export function indexGenerationOf(name: string): string | undefined {
  return /^idx\/([0-9a-f]{20})\/[epd]\d{6,}$/.exec(name)?.[1];
}

/** The name of the pack that a quarantine's name stands for, or `undefined` where it is none. */
export function quarantinedPack(quarantineName: string): string | undefined {
  return unflat(/^quarantine\/([^/]+)$/.exec(quarantineName)?.[1] ?? "");
}

/** The name of the pack that a relocation is of, or `undefined` where it is no relocation's name. */
export function relocatedPack(relocationName: string): string | undefined {
  return unflat(/^reloc\/([^/]+)\/\d{6}$/.exec(relocationName)?.[1] ?? "");
}

function unflat(packName: string): string | undefined {
  const match = /^(packs|meta)-([0-9a-f]{2})-([0-9a-f]{32}-\d{6,10})$/.exec(packName);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) return undefined;
  const name = `${match[1]}/${match[2]}/${match[3]}`;
  return packIdOf(name) === undefined ? undefined : name;
}

/** Session and number in the name of a checkpoint's part, or `undefined` where it is none. */
export function checkpointPartOf(name: string): { readonly sessionId: string; readonly number: number } | undefined {
  const match = /^ckpt\/[0-9a-f]{32}\/([0-9a-f]{32})-(\d{6,10})$/.exec(name);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { sessionId: match[1], number: Number(match[2]) };
}

/** The number in a relocation's name, or `undefined` where it is none. */
export function relocationNumber(name: string): number | undefined {
  const match = /^reloc\/[^/]+\/(\d{6})$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** The time, in milliseconds since 1970, in the name of a run's record, or `undefined` where it is none. */
export function runTimeOf(name: string): number | undefined {
  const match = /^runs\/(?:[0-9a-f]{32}|restore|verification|locks|retention)\/([0-9a-f]{12})-[0-9a-f]{32}$/.exec(name);
  return match?.[1] === undefined ? undefined : Number.parseInt(match[1], 16);
}

/** The group whose point a verification is of, or `undefined` where it is no verification's name. */
export function verifiedGroup(name: string): string | undefined {
  const match = /^verified\/([0-9a-f]{32}\/[0-9a-f]{20})\/[0-9a-f]{12}-[0-9a-f]{32}$/.exec(name);
  return match?.[1] === undefined ? undefined : `groups/${match[1]}`;
}
