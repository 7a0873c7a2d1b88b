import { type Guard } from "./rules.js";
import { type scenarios } from "./scenarios.js";

/** Guards left out, the world in which that shows, and what it leads to. */
export interface Control {
  readonly removed: readonly Guard[];
  readonly world: keyof typeof scenarios;
  readonly leadsTo: RegExp;
}

/** Guards that others cover: leaving one out alone harms nothing in these worlds. */
export interface CoveredGuard {
  readonly removed: Guard;
  readonly why: string;
  readonly worlds: readonly (keyof typeof scenarios)[];
}

const loss = /has lost/;
const leak = / stays$/;

/** What is found within seconds. */
export const controls: readonly Control[] = [
  { removed: ["writersAreWaitedFor"], world: "writerCollector", leadsTo: loss },
  { removed: ["marksTwice"], world: "writerCollector", leadsTo: loss },
  { removed: ["foundIsChecked"], world: "writerCollector", leadsTo: loss },
  { removed: ["foundIsNotCondemned"], world: "writerCollector", leadsTo: loss },
  { removed: ["foundIsSeen"], world: "writerCollector", leadsTo: loss },
  { removed: ["lateAreFenced"], world: "writerCollector", leadsTo: loss },
  { removed: ["sessionsAreListedAnew"], world: "writerCollector", leadsTo: loss },
  { removed: ["packsBeforeSessions"], world: "writerCollector", leadsTo: loss },
  { removed: ["ownPacksAreSpared"], world: "writerCollector", leadsTo: loss },
  { removed: ["doneComesLast"], world: "writerCollector", leadsTo: loss },
  { removed: ["leaseBeforeEpoch", "looksBeforeRecord"], world: "writerCollector", leadsTo: loss },
  { removed: ["orphansAreWithdrawn", "orphansWaitARound"], world: "writerCollector", leadsTo: loss },
  { removed: ["dropsAreCompared"], world: "claimAgainstDrop", leadsTo: loss },
  { removed: ["oneEpochAtATime"], world: "openEpoch", leadsTo: loss },
  { removed: ["logPlacesStay"], world: "lostPlace", leadsTo: loss },
  { removed: ["passedOverIsLost"], world: "lateLease", leadsTo: loss },
  { removed: ["doubtKeepsLease"], world: "recordInDoubt", leadsTo: loss },
  { removed: ["groupNamesStay"], world: "writerRetentionFault", leadsTo: /was removed, and is there again/ },
  { removed: ["readerPinsFirst"], world: "readerRetentionCollector", leadsTo: loss },
  { removed: ["groupsBeforePins"], world: "readerRetentionCollector", leadsTo: loss },
  { removed: ["pinsAreKept"], world: "readerRetentionCollector", leadsTo: loss },
  { removed: ["relocatedKeepRelocations"], world: "writerCompactor", leadsTo: loss },
  { removed: ["relocationsAreReached"], world: "writerCompactor", leadsTo: loss },
  { removed: ["framesAreCheckedAtTheEnd"], world: "newNeedCompactor", leadsTo: loss },
  { removed: ["orphansWaitARound"], world: "writerOrphanCompactor", leadsTo: loss },
  { removed: ["orphansAreWithdrawn"], world: "writerOrphanCompactor", leadsTo: leak },
  { removed: ["unreachedNamesAreCondemned"], world: "writerCompactor", leadsTo: leak },
  { removed: ["listsCarryTheirEpoch"], world: "recordInDoubt", leadsTo: leak },
  { removed: ["lateEndFirst"], world: "lateLease", leadsTo: leak },
];

/** What needs larger worlds. */
export const heavyControls: readonly Control[] = [
  { removed: ["parentIsConfirmed"], world: "writerRetentionCompactor", leadsTo: loss },
  { removed: ["parentsAreKept"], world: "writerRetentionCompactor", leadsTo: loss },
  { removed: ["parentIsConfirmed", "inheritedIsChecked"], world: "writerRetentionCollector", leadsTo: loss },
  { removed: ["parentIsConfirmed", "epochBeforeHead"], world: "writerRetentionCollector", leadsTo: loss },
  { removed: ["sharedIsSeen"], world: "sharedVolumes", leadsTo: loss },
  { removed: ["siblingsAreChecked"], world: "sharedPackOfLateLane", leadsTo: loss },
  { removed: ["finalIsOnce"], world: "twoMarks", leadsTo: loss },
  { removed: ["targetsAreCheckedAtTheEnd"], world: "danglingCompactor", leadsTo: loss },
];

/** The guards that are there for work saved, or twice: each with what else holds. */
export const coveredGuards: readonly CoveredGuard[] = [
  { removed: "leaseBeforeEpoch", why: "the look before the record sees what was missed", worlds: ["writerCollector"] },
  { removed: "looksBeforeRecord", why: "a collection waits for the lease; the look spares it that wait", worlds: ["writerCollector"] },
  { removed: "sessionsOutliveGroup", why: "an orphan's group is withdrawn before its record goes", worlds: ["writerCollector"] },
  { removed: "sessionIsAskedFor", why: "it spares a run that is alive from being withdrawn", worlds: ["writerCollector"] },
  { removed: "lateGroupsAreWithdrawn", why: "the second mark sees the late writer's record, and the group is withdrawn with it as an orphan's", worlds: ["writerCollector"] },
];

/** The same where it takes larger worlds to be convinced. */
export const heavyCoveredGuards: readonly CoveredGuard[] = [
  { removed: "epochBeforeHead", why: "the parent's group is read after the claim", worlds: ["writerRetentionCollector"] },
  { removed: "inheritedIsChecked", why: "a confirmed parent stays in its log, so that the second mark keeps what it reaches", worlds: ["writerRetentionCollector"] },
  { removed: "lateGroupsAreWithdrawn", why: "the second mark sees the late writer's record", worlds: ["twoVolumes"] },
  { removed: "compactorsHaveLeases", why: "the epoch's number was fixed before the frames were copied: whoever deleted the copies has taken it", worlds: ["compactorCollector"] },
];

/** A guard whose worlds are too large to be seen whole: random runs alone speak for what covers it. */
export const randomlyCoveredGuards: readonly Omit<CoveredGuard, "worlds">[] = [{ removed: "groupStopsTogether", why: "each record is safe by its own session" }];
