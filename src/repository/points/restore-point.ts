import { inspect } from "node:util";
import { NotFoundError } from "../../errors/index.js";
import { checkCallOptions } from "../../options/call-options.js";
import { damagedObject } from "../store/damage-errors.js";
import type { Group, GroupMetadata } from "../format/group.js";
import { objectNames } from "../format/object-names.js";
import type { BackupCounts, PointRecord } from "../format/record.js";
import { BlockMap } from "../map/block-map.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { listVerifications, putVerification } from "../verified/point-verifications.js";
import type { RestoreVerification } from "../verified/restore-verification.js";
import { groupNameOf } from "../format/point-id.js";
import { readMember } from "./read-stream.js";

/** A volume in a restore point. */
export interface RestorePointVolume {
  readonly volumeId: string;
  readonly deviceName?: string | undefined;
  readonly sizeBytes: number;
  readonly snapshotId?: string | undefined;
}

/** One backup of one resource, as committed in a repository. */
export class RestorePoint {
  /** Unique in the repository; what `repository.restorePoint(id)` takes. */
  readonly id: string;
  readonly resource: string;
  readonly kind: "instance" | "volume" | "image";
  readonly name: string | undefined;
  readonly createdAt: Date;
  /** In an immutable repository: it cannot be removed before. */
  readonly lockedUntil: Date | undefined;
  readonly policy: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly volumes: readonly RestorePointVolume[];
  /** What the cloud said of the instance when it was backed up; JSON. */
  readonly instance: Readonly<Record<string, unknown>> | undefined;
  /** Of which restore point of another repository this is a copy, and since when: ISO 8601. */
  readonly copiedFrom: GroupMetadata["copiedFrom"];
  readonly #group: Group;
  readonly #context: RepositoryContext;

  constructor(context: RepositoryContext, id: string, group: Group) {
    this.#context = context;
    this.#group = group;
    this.id = id;
    this.resource = group.metadata.resource;
    this.kind = group.metadata.kind;
    this.name = group.metadata.name;
    this.createdAt = new Date(group.structure.createdAt);
    const { protectedUntil } = group.structure;
    this.lockedUntil = protectedUntil === undefined ? undefined : new Date(protectedUntil);
    this.policy = group.metadata.policy;
    this.tags = group.metadata.tags;
    this.volumes = group.metadata.volumes.map(({ volumeId, deviceName, sizeBytes, snapshotId }) => ({ volumeId, deviceName, sizeBytes, snapshotId }));
    this.instance = group.metadata.instance;
    this.copiedFrom = group.metadata.copiedFrom;
  }

  /** The block map of one of the point's volumes. Without `volumeId`, of its only one. */
  async blockMap(volumeId?: string, options: SignalOptions = {}): Promise<BlockMap> {
    const { signal } = checkCallOptions(options);
    return await BlockMap.open(this.#context, await this.#record(volumeId, { signal }), { signal });
  }

  /** What the cloud said of one of the point's volumes when it was backed up: type, encryption, tags, ... JSON. */
  async volumeAttributes(volumeId?: string, options: SignalOptions = {}): Promise<Readonly<Record<string, unknown>> | undefined> {
    return (await this.#record(volumeId, checkCallOptions(options))).metadata.volume;
  }

  /** What verified restores of this point found (`restore.verify`), oldest first. They go with the point; a copy of it has its own. */
  verifications(options: SignalOptions = {}): AsyncIterable<RestoreVerification> {
    return listVerifications(this.#context, this.id, checkCallOptions(options));
  }

  /**
   * Keeps what a verified restore of this point found.
   *
   * @internal
   */
  async recordVerification(verification: RestoreVerification, options: SignalOptions = {}): Promise<void> {
    await putVerification(this.#context, verification, options);
  }

  /**
   * The names of the records that make up the point.
   *
   * @internal
   */
  get recordNames(): readonly string[] {
    return this.#group.structure.members.map(({ stream, sequence }) => objectNames.record(stream, sequence));
  }

  /** What writing one of the point's volumes took, with its block map. */
  async measure(volumeId?: string, options: SignalOptions = {}): Promise<{ readonly map: BlockMap; readonly counts: BackupCounts }> {
    const { signal } = checkCallOptions(options);
    const record = await this.#record(volumeId, { signal });
    return { map: await BlockMap.open(this.#context, record, { signal }), counts: record.metadata.counts };
  }

  async #record(volumeId: string | undefined, options: SignalOptions): Promise<PointRecord> {
    const volumes = this.#group.metadata.volumes;
    const volume = volumeId === undefined && volumes.length === 1 ? volumes[0] : volumes.find((candidate) => candidate.volumeId === volumeId);
    if (volume === undefined) {
      throw new NotFoundError(`Restore point ${this.id} has no volume ${volumeId ?? "that goes without naming"}: name one of ${volumes.map((candidate) => candidate.volumeId).join(", ")}.`, {
        code: "VolumeNotInPoint",
        context: { restorePoint: this.id, volume: volumeId },
      });
    }
    const member = this.#group.structure.members.find(({ stream, sequence }) => stream === volume.stream && sequence === volume.sequence);
    if (member === undefined) throw damagedObject(groupNameOf(this.id), "it names a volume whose record it does not hold");
    return await readMember(this.#context, member, options);
  }

  /** The point as JSON: its facts, never a key. */
  toJSON(): Record<string, unknown> {
    const { id, resource, kind, name, createdAt, lockedUntil, policy, tags, volumes, copiedFrom } = this;
    return { id, resource, kind, name, createdAt: createdAt.toISOString(), ...(lockedUntil !== undefined && { lockedUntil: lockedUntil.toISOString() }), policy, tags, volumes, copiedFrom };
  }

  /** How it prints: what was backed up, when, and its volumes. */
  [inspect.custom](): string {
    const volumes = this.volumes.map((volume) => `  ${volume.volumeId} ${volume.deviceName ?? ""} ${String(volume.sizeBytes / 2 ** 30)} GiB`);
    return [`RestorePoint ${this.id}`, `  ${this.kind} ${this.resource}${this.name === undefined ? "" : ` "${this.name}"`}, ${this.createdAt.toISOString()}`, ...volumes].join("\n");
  }
}
