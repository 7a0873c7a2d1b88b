import { invalidOption } from "../../../options/option-error.js";

/** The form that EBS direct takes. */
const snapshotIdForm = /^snap-[0-9a-f]{1,59}$/;

/** Raises `ConfigurationError` where `snapshotId` cannot be a snapshot's. */
export function checkSnapshotId(path: string, snapshotId: unknown): asserts snapshotId is string {
  if (typeof snapshotId === "string" && snapshotIdForm.test(snapshotId)) return;
  throw invalidOption(path, snapshotId, 'must be the id of a snapshot, such as "snap-0123456789abcdef0".');
}
