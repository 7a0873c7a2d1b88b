import { noRequests, type RequestCounts } from "../../repository/requests/request-counts.js";

/** What the removal of a point asks for: whether it is the newest, what it is, and the mark in its place. */
export const removalRequests: RequestCounts = { ...noRequests, puts: 1, gets: 1, lists: 2 };

/**
 * What the end of a run asks for once its result is told: its record is put, older ones are looked for, the alerts are read, and for them whether packs are in quarantine and verifications found damage.
 * Not in it: an alert that is raised or resolved, and what `alerts` and `compliance` of the policy look at besides.
 */
export const closingRequests: RequestCounts = { ...noRequests, puts: 1, gets: 1, lists: 3, deletes: 1 };

/** What is taken where nothing is measured or given, and why. */
export const assumed = {
  dataShare: { value: 0.6, why: "volumes are rarely full" },
  dailyChange: { value: 0.03, why: "a few per cent of its data change on a server in a day" },
  storedShare: { value: 0.5, why: "half by compression; what is there already comes on top" },
  freedShare: { value: 0.5, why: "the same blocks change again and again, and packs go only as a whole" },
  repeatedShare: { value: 0.5, why: "the same blocks change again and again" },
  runsPerDay: { value: 1, why: "the policy has no schedule" },
  workerMibPerSecond: { value: 200, why: "what a worker of two processors reaches" },
  workerStartMinutes: { value: 2, why: "an instance's start and end, where each volume has one of its own" },
  restoredGbPerMonth: { value: 0, why: "no restores are expected" },
} as const;

/** What a resource of one volume asks for in a run, and what a copy does, where no run was measured: as in this engine's own tests. */
export const assumedRequests = {
  perResource: { repository: { ...noRequests, puts: 7, dataPuts: 1, gets: 7, lists: 2 }, archive: { ...noRequests, lists: 1 } },
  perCopy: { repository: { ...noRequests, gets: 5, lists: 2 }, archive: { ...noRequests, puts: 6, dataPuts: 1, gets: 5, lists: 5 } },
} as const;

/** Bytes of an object in `packs/`, where none was measured. */
export const assumedPackBytes = 16 * 2 ** 20;
/** What a restore point takes beside its data: its group, its records, its pages of the map, its share of the index. */
export const assumedPointBytes = 16 * 1024;
