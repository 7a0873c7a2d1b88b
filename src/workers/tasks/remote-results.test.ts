import { describe, expect, it } from "vitest";
import { readBackupResult, readRestoreResult } from "./remote-results.js";

const at = "2026-11-24T02:00:00.000Z";
const result = { volumeId: "vol-1", snapshotId: "snap-1", sizeBytes: 1, method: "full", blocks: { changed: 1, removed: 0, read: 1, resumed: 0, zero: 0, known: 0, stored: 1, healed: 0, audited: 0 }, storedBytes: 1, startedAt: at, endedAt: at, durationMs: 1 };
const written = { record: { stream: "a", sequence: 1, hash: "b", counts: { packs: 1 } }, volume: { stream: "a", sequence: 1, volumeId: "vol-1", sizeBytes: 1 } };
const task = { volumeId: "vol-1", snapshotId: "snap-1" };

describe("what a worker says of its task", () => {
  it("is taken as it is where it is of that task", () => {
    expect(readBackupResult({ result, written }, task)).toEqual({ result, written });
    expect(readRestoreResult({ snapshotId: "snap-1", blocks: 2 }, "snap-1")).toEqual({ snapshotId: "snap-1", blocks: 2 });
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["another volume", { result: { ...result, volumeId: "vol-2" }, written }],
    ["another snapshot", { result: { ...result, snapshotId: "snap-2" }, written }],
    ["numbers that are texts", { result: { ...result, storedBytes: "<b>" }, written }],
    ["a method that there is none of", { result: { ...result, method: "guess" }, written }],
    ["no record", { result, written: { volume: written.volume } }],
  ])("is not used where it is %s", (_what, said) => {
    expect(() => readBackupResult(said, task)).toThrow(expect.objectContaining({ name: "IntegrityError", code: "DamagedOutcome" }));
  });

  it("leads the engine to no snapshot but the one that it began", () => {
    expect(() => readRestoreResult({ snapshotId: "snap-of-somebody", blocks: 2 }, "snap-1")).toThrow(expect.objectContaining({ code: "DamagedOutcome" }));
  });
});
