import type { SessionResult } from "holdfast";
import type { CallLog } from "holdfast/local";

/** What one backup did, over all volumes. */
export interface BackupReport {
  readonly method: string;
  readonly blocksRead: number;
  readonly blocksStored: number;
  readonly blocksKnown: number;
  readonly bytesRead: number;
  readonly bytesStored: number;
  /** Bytes read for each byte stored. */
  readonly ratio: number;
  readonly getSnapshotBlockCalls: number;
  readonly seconds: number;
  readonly requests: Requests;
}

/** Requests of the engine, as the cloud counted them. */
export interface Requests {
  readonly ebsList: number;
  readonly ebsGet: number;
  readonly ebsPut: number;
  readonly s3Write: number;
  readonly s3Read: number;
  readonly ec2: number;
}

export interface QuickstartReport {
  readonly disk: string;
  /** Blocks that changed between the backups, found by comparing the images. */
  readonly changedBlocks: number;
  readonly backups: readonly BackupReport[];
  readonly restores: { readonly volumes: number; readonly images: number; readonly bytesCompared: number; readonly seconds: number; readonly requests: Requests };
  /** Whether e2fsck found the restored file system sound; absent where it could not be asked. */
  readonly fileSystemSound?: true;
  readonly verified: { readonly restorePoints: number; readonly blocks: number; readonly findings: number };
  readonly repositoryBytes: number;
  readonly costUsd: { readonly requests: number; readonly storagePerMonth: number };
  readonly seconds: number;
  /** Where everything lies, with --keep. */
  readonly directory?: string;
}

const blockBytes = 524_288;

/** On demand, us-east-1, November 2026, US dollars: https://aws.amazon.com/ebs/pricing/ and https://aws.amazon.com/s3/pricing/ */
const prices = { ebsList: 0.0006 / 1000, ebsGet: 0.003 / 1000, ebsPut: 0.006 / 1000, s3Write: 0.005 / 1000, s3Read: 0.0004 / 1000, s3GigabyteMonth: 0.023 };

/** The calls so far. Nothing but the engine calls EBS direct and S3 while it works. */
export function countRequests(calls: CallLog): Requests {
  const count = (service: string, ...operations: string[]): number => operations.reduce((sum, operation) => sum + calls.count({ service, operation }), 0);
  return {
    ebsList: count("ebs", "ListSnapshotBlocks", "ListChangedBlocks"),
    ebsGet: count("ebs", "GetSnapshotBlock"),
    ebsPut: count("ebs", "PutSnapshotBlock"),
    s3Write: count("s3", "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "ListObjectsV2", "CopyObject", "PutObjectRetention"),
    s3Read: count("s3", "GetObject", "HeadObject"),
    ec2: calls.count({ service: "ec2" }),
  };
}

export function requestsSince(now: Requests, before: Requests): Requests {
  return {
    ebsList: now.ebsList - before.ebsList,
    ebsGet: now.ebsGet - before.ebsGet,
    ebsPut: now.ebsPut - before.ebsPut,
    s3Write: now.s3Write - before.s3Write,
    s3Read: now.s3Read - before.s3Read,
    ec2: now.ec2 - before.ec2,
  };
}

export function backupReport(result: SessionResult, requests: Requests): BackupReport {
  const volumes = result.resources.flatMap((resource) => resource.volumes);
  const sum = (pick: (volume: (typeof volumes)[number]) => number): number => volumes.reduce((total, volume) => total + pick(volume), 0);
  const blocksRead = sum(({ blocks }) => blocks.read);
  const bytesStored = sum(({ storedBytes }) => storedBytes);
  return {
    method: [...new Set(volumes.map(({ method }) => method))].join(" and "),
    blocksRead,
    blocksStored: sum(({ blocks }) => blocks.stored),
    blocksKnown: sum(({ blocks }) => blocks.known),
    bytesRead: blocksRead * blockBytes,
    bytesStored,
    ratio: bytesStored === 0 ? 0 : Math.round(((blocksRead * blockBytes) / bytesStored) * 100) / 100,
    getSnapshotBlockCalls: requests.ebsGet,
    seconds: result.durationMs / 1000,
    requests,
  };
}

export function requestCost(requests: readonly Requests[]): number {
  const cost = ({ ebsList, ebsGet, ebsPut, s3Write, s3Read }: Requests): number =>
    ebsList * prices.ebsList + ebsGet * prices.ebsGet + ebsPut * prices.ebsPut + s3Write * prices.s3Write + s3Read * prices.s3Read;
  return requests.reduce((sum, each) => sum + cost(each), 0);
}

export function storageCost(bytes: number): number {
  return (bytes / 2 ** 30) * prices.s3GigabyteMonth;
}

export function formatReport(report: QuickstartReport): string {
  const [first, second] = report.backups;
  const lines = [
    "",
    row("", "first backup", "second backup"),
    row("method", first?.method, second?.method),
    row("blocks read", first?.blocksRead, second?.blocksRead),
    row("blocks stored", first?.blocksStored, second?.blocksStored),
    row("MiB read", mebibytes(first?.bytesRead), mebibytes(second?.bytesRead)),
    row("MiB stored", mebibytes(first?.bytesStored), mebibytes(second?.bytesStored)),
    row("read : stored", first?.ratio, second?.ratio),
    row("GetSnapshotBlock calls", first?.getSnapshotBlockCalls, second?.getSnapshotBlockCalls),
    row("S3 writes, reads", pair(first), pair(second)),
    row("seconds", first?.seconds.toFixed(1), second?.seconds.toFixed(1)),
    "",
    `${String(report.changedBlocks)} blocks had changed between the two.`,
    `Restored ${String(report.restores.volumes)} volumes and ${String(report.restores.images)} images in ${report.restores.seconds.toFixed(1)} s: all ${mebibytes(report.restores.bytesCompared)} MiB are as they were.`,
    ...(report.fileSystemSound === true ? ["e2fsck finds the restored file system sound."] : []),
    `Verified ${String(report.verified.restorePoints)} restore points and ${String(report.verified.blocks)} blocks of the repository: ${String(report.verified.findings)} findings.`,
    `On AWS: $${report.costUsd.requests.toFixed(4)} for all requests, $${report.costUsd.storagePerMonth.toFixed(4)} a month for ${mebibytes(report.repositoryBytes)} MiB on S3 (us-east-1, November 2026).`,
    `Done in ${report.seconds.toFixed(1)} s.`,
    ...(report.directory === undefined ? [] : [`Everything is left in ${report.directory}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function row(title: string, first: string | number | undefined, second: string | number | undefined): string {
  return `${title.padEnd(24)}${String(first ?? "-").padStart(15)}${String(second ?? "-").padStart(15)}`;
}

function mebibytes(bytes: number | undefined): string {
  return ((bytes ?? 0) / 2 ** 20).toFixed(1);
}

function pair(backup: BackupReport | undefined): string {
  return backup === undefined ? "-" : `${String(backup.requests.s3Write)}, ${String(backup.requests.s3Read)}`;
}
