import { ConfigurationError } from "../../../errors/index.js";

/** The form that EBS direct takes. */
const snapshotIdForm = /^snap-[0-9a-f]{1,59}$/;

/** Raises `ConfigurationError` where `snapshotId` cannot be a snapshot's. */
export function checkSnapshotId(path: string, snapshotId: unknown): asserts snapshotId is string {
  if (typeof snapshotId === "string" && snapshotIdForm.test(snapshotId)) return;
  const shown = typeof snapshotId === "string" ? JSON.stringify(snapshotId.slice(0, 100)) : typeof snapshotId;
  throw new ConfigurationError(`${path}: is ${shown}, but must be a snapshot's id, such as "snap-0123456789abcdef0".`, { code: "InvalidOption", context: { path } });
}
