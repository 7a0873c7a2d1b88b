/**
 * The guards of the commit and collection protocol (docs/repository-format.md, sections 6, 7, 10, 11 and 12), one a name. The
 * protocol has them all; a control leaves one out and shows what breaks, or which other guard covers it.
 */
const guards = {
  // What a writer does.
  leaseBeforeEpoch: "a writer's lease is visible before it reads the newest epoch",
  epochBeforeHead: "a writer reads the condemned lists before it reads its parent",
  parentIsConfirmed: "a writer reads its parent's group after the claim, and takes no parent whose group is withdrawn",
  foundIsNotCondemned: "a writer reuses no pack that a list condemns",
  foundIsSeen: "a writer reuses only a pack that it saw in the store after its lease was visible",
  sharedIsSeen: "what another volume of the restore point had stored before is seen in the store like what the index finds",
  foundIsChecked: "at a new epoch, a writer checks the packs that it found by the index",
  siblingsAreChecked: "at a new epoch, a writer checks the packs that the other volumes of its restore point filled",
  inheritedIsChecked: "at a new epoch, a writer checks the packs that it inherits",
  passedOverIsLost: "a writer that sees a decided epoch which it never said has lost its lease",
  looksBeforeRecord: "a writer looks for a newer epoch once more before its record",
  groupStopsTogether: "a fenced volume stops its whole restore point, which starts over under a new name",
  doubtKeepsLease: "a run that gives up without knowing whether its record was put leaves its lease, to be fenced",
  sessionsOutliveGroup: "a writer's leases live until its group is put",
  // What a reader does.
  readerPinsFirst: "a reader reads the group only after its pin is visible",
  // What a removal does.
  groupNamesStay: "the name of a removed restore point stays taken",
  logPlacesStay: "the place of a removed record stays taken",
  // What a collection does.
  lateEndFirst: "a collection ends late sessions before it lists anything",
  oneEpochAtATime: "a collection finishes the newest epoch before it puts another",
  packsBeforeSessions: "a collection lists packs before sessions",
  groupsBeforePins: "a collection lists the leases that pin and grow after it saw which groups are withdrawn",
  pinsAreKept: "a record that a listed reader pins is not replaced",
  parentsAreKept: "a record that a listed writer names as its parent is not replaced",
  sessionIsAskedFor: "a record is an orphan only when its session, asked for by name, is gone",
  orphansAreWithdrawn: "an orphan's group is withdrawn before the orphan is replaced",
  orphansWaitARound: "an orphan is replaced only by a collection that listed its group as withdrawn before it listed sessions",
  ownPacksAreSpared: "packs of listed sessions are no candidates",
  writersAreWaitedFor: "a collection waits for every writer to say the new epoch, to end, or to be fenced",
  sessionsAreListedAnew: "the sessions waited for are listed after the epoch was put",
  lateAreFenced: "the place of a late writer's record is fenced before its lease is dropped",
  lateGroupsAreWithdrawn: "a late writer's group is withdrawn where its record is there already",
  dropsAreCompared: "a late lease is dropped only in the very state that was judged late",
  marksTwice: "what is reached after the wait leaves the list",
  finalIsOnce: "the first final decision counts for everybody",
  doneComesLast: "an epoch is done only after its packs were deleted",
  listsCarryTheirEpoch: "left lists of an epoch that others put are told by their number, and deleted",
  // What relocations add.
  relocationsAreReached: "a reached pack reaches the packs of its relocations",
  relocatedKeepRelocations: "the relocations of a relocated pack outlive it",
  framesAreCheckedAtTheEnd: "a relocated pack is deleted only if all frames that live records need of it were copied",
  targetsAreCheckedAtTheEnd: "a relocated pack is deleted only if the packs with its copied frames are there",
  compactorsHaveLeases: "a compactor's new packs are spared by its lease until they are reached",
  unreachedNamesAreCondemned: "relocations whose pack nobody reaches are collected",
} as const;

/** The name of a guard. */
export type Guard = keyof typeof guards;

/** Which guards the modelled protocol has. */
export type Rules = Readonly<Record<Guard, boolean>>;

/** Every guard, in the order of the protocol. */
export const guardNames = Object.keys(guards) as Guard[];

/** What a guard demands, in words. */
export function guardInWords(guard: Guard): string {
  return guards[guard];
}

/** The protocol without some of its guards. */
export function rulesWithout(...removed: readonly Guard[]): Rules {
  return Object.fromEntries(guardNames.map((guard) => [guard, !removed.includes(guard)])) as Record<Guard, boolean>;
}
