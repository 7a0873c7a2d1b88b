/** Of a quota the account needs so much more than it has in use. JSON. */
export interface QuotaNeed {
  readonly name: string;
  /** Of Service Quotas. */
  readonly code: string;
  readonly needed: number;
  readonly unit: string;
}

const gib = 2 ** 30;

/** https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html */
const storageQuotas: Readonly<Record<string, string>> = { gp2: "L-D18FCD1D", gp3: "L-7A658B76", io1: "L-FD252861", io2: "L-09BD8365", st1: "L-82ACEF56", sc1: "L-17AF77E8", standard: "L-9CF3C2EB" };

/** What the volumes and snapshots take of the account's quotas. */
export function quotasOf(volumes: readonly { readonly volumeType: string; readonly sizeBytes: number }[]): readonly QuotaNeed[] {
  const byType = new Map<string, number>();
  for (const { volumeType, sizeBytes } of volumes) byType.set(volumeType, (byType.get(volumeType) ?? 0) + sizeBytes);
  const storage = [...byType].flatMap(([type, bytes]) => {
    const code = storageQuotas[type];
    return code === undefined ? [] : [{ name: `Storage for ${type} volumes`, code, needed: Math.round((bytes / gib / 1024) * 1e4) / 1e4, unit: "TiB" }];
  });
  return [...storage, { name: "Snapshots per Region", code: "L-309BACF6", needed: volumes.length, unit: "snapshots" }];
}
