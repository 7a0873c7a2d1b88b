import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { SnapshotFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { invalidValue } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { describeSnapshot } from "./describe-snapshot.js";
import { visibleSnapshots } from "./find-snapshot.js";
import { mayRestore, permissionsOf } from "./snapshot-permissions.js";

const readers: FilterReaders<ec2.Snapshot> = {
  description: (snapshot) => snapshot.Description,
  encrypted: (snapshot) => snapshot.Encrypted,
  "owner-alias": (snapshot) => snapshot.OwnerAlias,
  "owner-id": (snapshot) => snapshot.OwnerId,
  progress: (snapshot) => snapshot.Progress,
  "snapshot-id": (snapshot) => snapshot.SnapshotId,
  "start-time": (snapshot) => snapshot.StartTime,
  status: (snapshot) => snapshot.State,
  "storage-tier": (snapshot) => snapshot.StorageTier,
  "volume-id": (snapshot) => snapshot.VolumeId,
  "volume-size": (snapshot) => snapshot.VolumeSize,
};

export function describeSnapshots(environment: Ec2Environment, input: ec2.DescribeSnapshotsRequest, context: RequestContext): ec2.DescribeSnapshotsResult {
  const owners = (input.OwnerIds ?? []).map((owner) => accountOf(owner, context));
  const restorers = (input.RestorableByUserIds ?? []).map((user) => accountOf(user, context));
  const fits = (snapshot: SnapshotFacts): boolean =>
    (owners.length === 0 || owners.includes(snapshot.accountId)) &&
    (restorers.length === 0 || restorers.some((user) => (user === "all" ? permissionsOf(environment, snapshot.snapshotId).isPublic : mayRestore(environment, user, snapshot))));
  const { items, nextToken } = takePage({
    items: visibleSnapshots(environment, context)
      .filter(fits)
      .map((snapshot) => describeSnapshot(environment, snapshot, context.accountId)),
    idOf: (snapshot) => snapshot.SnapshotId ?? "",
    ids: { kind: "snapshot", parameter: "snapshotIds", values: input.SnapshotIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { Snapshots: items, NextToken: nextToken };
}

/** The account that an owner's word means; `amazon` owns no snapshots here. */
function accountOf(word: string, { accountId }: RequestContext): string {
  if (word === "self") return accountId;
  if (word === "all" || word === "amazon" || /^\d{12}$/.test(word)) return word;
  throw invalidValue(`Value (${word}) for an owner or a user is invalid. Expected: "self", "amazon" or an account ID.`);
}
