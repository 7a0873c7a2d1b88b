import * as ebs from "@aws-sdk/client-ebs";
import * as ec2 from "@aws-sdk/client-ec2";
import { createHash, randomUUID } from "node:crypto";
import { ServiceError, type ServiceDefinition, type StreamingInput } from "../../src/local/service.js";
import { operation, readAll } from "../../src/local/wire/wire-server.fixture.js";

/** A snapshot of the scripted service. */
export interface ScriptedSnapshot {
  readonly id: string;
  readonly sizeGib: number;
  readonly blocks: Map<number, Buffer>;
  /** Indexes written through PutSnapshotBlock. */
  readonly written: Map<number, Buffer>;
  state: "pending" | "completed" | "error";
  readonly lineage: string;
  readonly start: ebs.StartSnapshotRequest | undefined;
}

const blockSize = 524_288;

/**
 * EBS direct and a little of EC2 in memory, behind the local cloud's wire, with a script for what the local cloud does not do
 * on command: tokens that expire now, pages of any size, a snapshot that is unknown for the next writes.
 */
export class ScriptedEbs {
  readonly snapshots = new Map<string, ScriptedSnapshot>();
  /** Blocks a page at most, whatever is asked for. */
  pageBlocks = 10_000;
  /** Whether an empty page comes before each page that is not. */
  hasEmptyPages = false;
  /** Writes and completions that will not find their snapshot. */
  unknownFor = 0;
  /** Looks at a snapshot that is being completed before it is. */
  looksUntilCompleted = 1;
  /** How a snapshot ends that is completed. */
  endsAs: "completed" | "error" = "completed";
  #epoch = 0;

  /** Makes all tokens given out so far too old. */
  expireTokens(): void {
    this.#epoch += 1;
  }

  add(snapshot: Partial<ScriptedSnapshot> & { readonly id: string }): ScriptedSnapshot {
    const added: ScriptedSnapshot = { sizeGib: 1, blocks: new Map(), written: new Map(), state: "completed", lineage: "volume", start: undefined, ...snapshot };
    this.snapshots.set(added.id, added);
    return added;
  }

  services(): ServiceDefinition[] {
    return [
      {
        signingName: "ebs",
        protocol: "restJson",
        apiVersion: "2019-11-02",
        schemas: { ...ebs },
        operations: {
          ListSnapshotBlocks: operation((input: ebs.ListSnapshotBlocksRequest) => this.#listBlocks(input)),
          ListChangedBlocks: operation((input: ebs.ListChangedBlocksRequest) => this.#listChanges(input)),
          GetSnapshotBlock: operation((input: ebs.GetSnapshotBlockRequest) => this.#get(input)),
          StartSnapshot: operation((input: ebs.StartSnapshotRequest) => this.#start(input)),
          PutSnapshotBlock: operation((input: Omit<ebs.PutSnapshotBlockRequest, "BlockData"> & { BlockData: StreamingInput }) => this.#put(input)),
          CompleteSnapshot: operation((input: ebs.CompleteSnapshotRequest) => this.#complete(input)),
        },
      },
      {
        signingName: "ec2",
        protocol: "ec2Query",
        apiVersion: "2016-11-15",
        schemas: { ...ec2 },
        operations: {
          DescribeSnapshots: operation((input: ec2.DescribeSnapshotsRequest) => this.#describe(input)),
          DeleteSnapshot: operation((input: ec2.DeleteSnapshotRequest) => {
            if (!this.snapshots.delete(input.SnapshotId ?? "")) throw new ServiceError("InvalidSnapshot.NotFound", 400, "no such snapshot");
            return {};
          }),
        },
      },
    ];
  }

  #find(id: string | undefined): ScriptedSnapshot {
    const snapshot = this.snapshots.get(id ?? "");
    if (snapshot === undefined) throw new ServiceError("ResourceNotFoundException", 404, "no such snapshot", { Reason: "SNAPSHOT_NOT_FOUND" });
    return snapshot;
  }

  #listBlocks(input: ebs.ListSnapshotBlocksRequest): ebs.ListSnapshotBlocksResponse {
    const snapshot = this.#readable(input.SnapshotId);
    const { indexes, NextToken } = this.#page([...snapshot.blocks.keys()], input);
    return { Blocks: indexes.map((index) => ({ BlockIndex: index, BlockToken: this.#token(snapshot.id, index) })), NextToken, ...this.#facts(snapshot) };
  }

  #listChanges(input: ebs.ListChangedBlocksRequest): ebs.ListChangedBlocksResponse {
    const first = this.#readable(input.FirstSnapshotId);
    const second = this.#readable(input.SecondSnapshotId);
    if (first.lineage !== second.lineage) throw invalid("UNRELATED_SNAPSHOTS");
    const all = new Set([...first.blocks.keys(), ...second.blocks.keys()]);
    const changed = [...all].filter((index) => first.blocks.get(index) !== second.blocks.get(index));
    const { indexes, NextToken } = this.#page(changed, input);
    const token = (snapshot: ScriptedSnapshot, index: number): string | undefined => (snapshot.blocks.has(index) ? this.#token(snapshot.id, index) : undefined);
    return { ChangedBlocks: indexes.map((index) => ({ BlockIndex: index, FirstBlockToken: token(first, index), SecondBlockToken: token(second, index) })), NextToken, ...this.#facts(second) };
  }

  #page(all: number[], input: { readonly NextToken?: string | undefined; readonly StartingBlockIndex?: number | undefined; readonly MaxResults?: number | undefined }) {
    const [epoch = "", kind = "", from = ""] = input.NextToken === undefined ? [] : Buffer.from(input.NextToken, "base64").toString().split("/");
    if (input.NextToken !== undefined && epoch !== String(this.#epoch)) throw invalid("INVALID_PAGE_TOKEN");
    const start = input.NextToken === undefined ? (input.StartingBlockIndex ?? 0) : Number(from);
    if (this.hasEmptyPages && kind !== "full") return { indexes: [], NextToken: this.#pageToken("full", start) };
    const rest = all.filter((index) => index >= start).sort((a, b) => a - b);
    const indexes = rest.slice(0, Math.min(this.pageBlocks, input.MaxResults ?? 100));
    const next = rest[indexes.length];
    return { indexes, NextToken: next === undefined ? undefined : this.#pageToken("any", next) };
  }

  #get(input: ebs.GetSnapshotBlockRequest): ebs.GetSnapshotBlockResponse {
    const snapshot = this.#readable(input.SnapshotId);
    const index = input.BlockIndex ?? -1;
    if (input.BlockToken !== this.#token(snapshot.id, index)) throw invalid("INVALID_BLOCK_TOKEN");
    const data = snapshot.blocks.get(index);
    if (data === undefined) throw invalid("INVALID_BLOCK");
    return { BlockData: data as never, DataLength: blockSize, Checksum: sha256(data).toString("base64"), ChecksumAlgorithm: "SHA256" };
  }

  #start(input: ebs.StartSnapshotRequest): ebs.StartSnapshotResponse {
    const same = [...this.snapshots.values()].find(({ start }) => start !== undefined && start.ClientToken === input.ClientToken);
    if (same !== undefined && JSON.stringify(same.start) !== JSON.stringify(input)) throw new ServiceError("ConflictException", 409, "same token, other parameters");
    const parent = input.ParentSnapshotId === undefined ? undefined : this.#readable(input.ParentSnapshotId);
    const id = `snap-${randomUUID().replaceAll("-", "").slice(0, 17)}`;
    const snapshot = same ?? this.add({ id, sizeGib: input.VolumeSize ?? 0, blocks: new Map(parent?.blocks), state: "pending", lineage: parent?.lineage ?? id, start: input });
    return { SnapshotId: snapshot.id, Status: snapshot.state, VolumeSize: snapshot.sizeGib, BlockSize: blockSize, OwnerId: "111122223333", StartTime: new Date(0) };
  }

  async #put(input: Omit<ebs.PutSnapshotBlockRequest, "BlockData"> & { BlockData: StreamingInput }): Promise<ebs.PutSnapshotBlockResponse> {
    const data = await readAll(input.BlockData as AsyncIterable<Uint8Array>);
    const snapshot = this.#writable(input.SnapshotId);
    if (data.length !== blockSize || sha256(data).toString("base64") !== input.Checksum) throw invalid("INVALID_PARAMETER_VALUE");
    snapshot.blocks.set(input.BlockIndex ?? -1, data);
    snapshot.written.set(input.BlockIndex ?? -1, data);
    return { Checksum: input.Checksum, ChecksumAlgorithm: "SHA256" };
  }

  #complete(input: ebs.CompleteSnapshotRequest): ebs.CompleteSnapshotResponse {
    const snapshot = this.#writable(input.SnapshotId);
    const digests = [...snapshot.written].sort(([a], [b]) => a - b).map(([, data]) => sha256(data));
    if (input.ChangedBlocksCount !== digests.length) throw invalid("INVALID_PARAMETER_VALUE");
    if (input.Checksum !== undefined && input.Checksum !== sha256(Buffer.concat(digests)).toString("base64")) throw invalid("INVALID_PARAMETER_VALUE");
    this.#completing.set(snapshot.id, this.looksUntilCompleted);
    return { Status: "pending" };
  }

  readonly #completing = new Map<string, number>();

  #describe(input: ec2.DescribeSnapshotsRequest): ec2.DescribeSnapshotsResult {
    const snapshots = (input.SnapshotIds ?? []).map((id) => this.snapshots.get(id));
    return {
      Snapshots: snapshots.map((snapshot) => {
        if (snapshot === undefined) throw new ServiceError("InvalidSnapshot.NotFound", 400, "no such snapshot");
        const looks = this.#completing.get(snapshot.id);
        if (looks !== undefined && looks <= 0) snapshot.state = this.endsAs;
        if (looks !== undefined) this.#completing.set(snapshot.id, looks - 1);
        return { SnapshotId: snapshot.id, VolumeId: "vol-ffffffff", State: snapshot.state, VolumeSize: snapshot.sizeGib, StartTime: new Date(0) };
      }),
    };
  }

  #readable(id: string | undefined): ScriptedSnapshot {
    const snapshot = this.#find(id);
    if (snapshot.state !== "completed") throw invalid("INVALID_PARAMETER_VALUE");
    return snapshot;
  }

  #writable(id: string | undefined): ScriptedSnapshot {
    this.unknownFor -= 1;
    const snapshot = this.#find(this.unknownFor >= 0 ? "unknown" : id);
    if (snapshot.state !== "pending" || this.#completing.has(snapshot.id)) throw invalid("INVALID_PARAMETER_VALUE");
    return snapshot;
  }

  #facts(snapshot: ScriptedSnapshot): { VolumeSize: number; BlockSize: number; ExpiryTime: Date } {
    return { VolumeSize: snapshot.sizeGib, BlockSize: blockSize, ExpiryTime: new Date(Date.now() + 7 * 86_400_000) };
  }

  #token(id: string, index: number): string {
    return Buffer.from(`${this.#epoch}/${id}/${index}`).toString("base64");
  }

  #pageToken(kind: string, from: number): string {
    return Buffer.from(`${this.#epoch}/${kind}/${from}`).toString("base64");
  }
}

function invalid(reason: string): ServiceError {
  return new ServiceError("ValidationException", 400, "The request is not valid.", { Reason: reason });
}

function sha256(data: Uint8Array): Buffer {
  return createHash("sha256").update(data).digest();
}
