import { candidatesOf } from "./candidates.js";
import { newCollector, nothingListed, type At, type Collector } from "./collection.js";
import { chooseVictim, copyFrames, endLease, putLease, putRelocation } from "./compaction.js";
import { listEpochs, nothingCondemned } from "./condemned.js";
import { type Context } from "./context.js";
import { decide } from "./decision.js";
import { newMarking, readRelocations, stepLogs } from "./marking.js";
import { askForSession, chooseOrphans, pointsToReplace, replace, withdrawOrphan } from "./replacing.js";
import { list, putIfAbsent, read, remove } from "./shelf.js";
import { stepWaiting } from "./waiting.js";

/** The listings in their order. The leases that pin and grow are listed last, and only where something is to be replaced. */
function orderOf({ rules }: Context): At[] {
  return [...(rules.packsBeforeSessions ? (["packs", "sessions"] as const) : (["sessions", "packs"] as const)), ...(rules.groupsBeforePins ? [] : (["pins", "read pins"] as const)), "groups", "logs"];
}

/** The next operation of a collection. */
export function stepCollector(context: Context, collector: Collector): void {
  const { world, rules, say } = context;
  const { listing, marking, id } = collector;
  const next = (): void => {
    const order = orderOf(context);
    collector.at = order[order.indexOf(collector.at) + 1] ?? "logs";
  };
  switch (collector.at) {
    case "begin":
      begin(context, collector);
      return;
    case "late":
      if (stepWaiting(context, collector, { isFirst: true }) === "nobody is behind") collector.at = collector.compacts && rules.compactorsHaveLeases ? "lease" : (orderOf(context)[0] ?? "packs");
      return;
    case "lease":
      putLease(context, id);
      collector.at = orderOf(context)[0] ?? "packs";
      return;
    case "packs":
      listing.packs = list(world.packs);
      say(`${id} lists packs: ${listing.packs.join(", ")}`);
      next();
      return;
    case "groups":
      listing.groups = list(world.groups);
      listing.withdrawn = listing.groups.filter((name) => read(world.groups, name)?.value.kind === "withdrawn");
      say(`${id} lists groups, withdrawn: ${listing.withdrawn.join(", ")}`);
      next();
      return;
    case "sessions":
      listing.sessionNames = list(world.sessions);
      say(`${id} lists sessions: ${listing.sessionNames.join(", ")}`);
      next();
      return;
    case "logs":
      stepLogs(context, marking);
      if (marking.at === "relocations") afterLogs(context, collector);
      return;
    case "pins":
      listing.pinNames = list(world.sessions);
      say(`${id} lists sessions for pins: ${listing.pinNames.join(", ")}`);
      collector.at = "read pins";
      return;
    case "read pins":
      listing.leases = listing.pinNames.flatMap((name) => {
        const stored = read(world.sessions, name);
        return stored === undefined ? [] : [{ name, lease: stored.value }];
      });
      if (rules.groupsBeforePins) chooseReplaced(context, collector);
      else next();
      return;
    case "orphans":
      askForSession(context, collector);
      collector.at = listing.orphans.length > 0 ? "orphans" : listing.gone.length > 0 ? "withdraw orphans" : listing.replaced.length > 0 ? "replace" : "relocations";
      return;
    case "withdraw orphans":
      withdrawOrphan(context, collector);
      collector.at = listing.gone.length > 0 ? "withdraw orphans" : listing.replaced.length > 0 ? "replace" : "relocations";
      return;
    case "replace":
      replace(context, collector);
      collector.at = listing.replaced.length > 0 ? "replace" : "relocations";
      return;
    case "relocations":
      readRelocations(context, marking);
      collector.condemned = candidatesOf(context, collector);
      if (collector.compacts) collector.at = chooseVictim(context, collector) ? "copy" : rules.compactorsHaveLeases ? "end lease" : "put list";
      else collector.at = "put list";
      if (collector.at === "put list") forgetListing(context, collector);
      return;
    case "copy":
      collector.at = copyFrames(context, collector) ? "relocate" : "end lease";
      return;
    case "relocate":
      putRelocation(context, collector);
      collector.at = "end lease";
      return;
    case "end lease":
      endLease(context, id);
      collector.at = "put list";
      forgetListing(context, collector);
      return;
    case "put list":
      collector.listName = `${String(collector.epoch)}-${id}.${String(collector.roundsLeft)}`;
      putIfAbsent(world.lists, collector.listName, collector.condemned);
      collector.at = "put epoch";
      return;
    case "put epoch": {
      const isPut = putIfAbsent(world.epochs, String(collector.epoch), collector.listName) || read(world.epochs, String(collector.epoch))?.value === collector.listName;
      const { dead, relocated } = collector.condemned;
      say(`${id} puts epoch ${collector.epoch} (dead: ${dead.join(", ")}; relocated: ${relocated.join(", ")}): ${isPut ? "done" : "it is there already"}`);
      collector.at = isPut ? "wait" : "drop list";
      return;
    }
    case "drop list":
      remove(world.lists, collector.listName);
      endRound(collector);
      return;
    case "read list":
      collector.condemned = read(world.lists, collector.listName)?.value ?? nothingCondemned;
      // Lists vanish when their epoch is done.
      collector.at = read(world.lists, collector.listName) === undefined ? "begin" : "wait";
      return;
    case "wait":
      if (!rules.writersAreWaitedFor || stepWaiting(context, collector, { isFirst: false }) === "nobody is behind") {
        collector.listing = nothingListed();
        collector.marking = newMarking();
        collector.at = rules.marksTwice ? "mark again" : "put final list";
      }
      return;
    case "mark again":
      stepLogs(context, marking);
      if (marking.at === "relocations") collector.at = "relocations again";
      return;
    case "relocations again":
      readRelocations(context, marking);
      collector.at = "packs again";
      if (collector.condemned.relocated.length === 0) setDecision(context, collector);
      return;
    case "packs again":
      listing.packs = list(world.packs);
      setDecision(context, collector);
      return;
    case "put final list":
      collector.listName = `${String(collector.epoch)}-${id}.${String(collector.roundsLeft)}-final`;
      putIfAbsent(world.lists, collector.listName, collector.condemned);
      collector.at = "put final";
      return;
    case "put final": {
      const epoch = String(collector.epoch);
      putIfAbsent(world.finals, epoch, collector.listName);
      if (rules.finalIsOnce) collector.listName = read(world.finals, epoch)?.value ?? collector.listName;
      say(`${id} decides epoch ${epoch}: ${collector.listName}`);
      collector.at = "read final";
      return;
    }
    case "read final": {
      const final = read(world.lists, collector.listName)?.value;
      collector.condemned = final ?? nothingCondemned;
      collector.marking = newMarking();
      collector.marking.listed = [...collector.condemned.dead, ...(rules.relocatedKeepRelocations ? [] : collector.condemned.relocated)];
      collector.listing.packs = [...collector.condemned.dead, ...collector.condemned.relocated];
      if (final === undefined) endRound(collector);
      else collector.at = rules.doneComesLast ? afterDone(collector) : "done";
      return;
    }
    case "delete": {
      const pack = listing.packs.shift() ?? "";
      say(`${id} deletes ${pack}`);
      remove(world.packs, pack);
      collector.at = afterDone(collector);
      if (collector.at === "done" && !rules.doneComesLast) collector.at = "delete lists";
      return;
    }
    case "delete relocations": {
      const pack = marking.listed.shift() ?? "";
      for (const name of list(world.relocations, `${pack}#`)) remove(world.relocations, name);
      collector.at = afterDone(collector);
      if (collector.at === "done" && !rules.doneComesLast) collector.at = "delete lists";
      return;
    }
    case "done":
      putIfAbsent(world.dones, String(collector.epoch), true);
      say(`${id} says that epoch ${collector.epoch} is done`);
      collector.at = rules.doneComesLast ? "delete lists" : afterDone(collector);
      if (collector.at === "done") collector.at = "delete lists";
      return;
    case "delete lists":
      deleteLists(context, collector);
      endRound(collector);
      return;
    case "over":
      return;
  }
}

function begin(context: Context, collector: Collector): void {
  const { world, rules, say } = context;
  const { epoch, listName, isDecided } = listEpochs(world);
  if (listName !== null && (rules.oneEpochAtATime || context.choose(2, "leave the open epoch aside") === 0)) {
    say(`${collector.id} goes on with epoch ${epoch}`);
    collector.epoch = epoch;
    collector.listName = listName;
    collector.at = isDecided ? "read final" : "read list";
    return;
  }
  collector.epoch = epoch + 1;
  collector.listing = nothingListed();
  collector.marking = newMarking();
  if (rules.lateEndFirst) collector.at = "late";
  else collector.at = collector.compacts && rules.compactorsHaveLeases ? "lease" : (orderOf(context)[0] ?? "packs");
}

function afterLogs(context: Context, collector: Collector): void {
  const { listing, marking } = collector;
  const isDoubtful = marking.points.some(({ record }) => listing.withdrawn.includes(record.group) || !listing.groups.includes(record.group));
  if (isDoubtful && context.rules.groupsBeforePins) collector.at = "pins";
  else chooseReplaced(context, collector);
}

function chooseReplaced(context: Context, collector: Collector): void {
  const { listing } = collector;
  listing.replaced = pointsToReplace(context, collector);
  listing.orphans = chooseOrphans(context, collector);
  collector.at = listing.orphans.length > 0 ? "orphans" : listing.replaced.length > 0 ? "replace" : "relocations";
}

/** Nothing that was listed counts from here on; without candidates there is nothing to do. */
function forgetListing({ rules }: Context, collector: Collector): void {
  const { condemned, listing } = collector;
  const names = listing.sessionNames;
  collector.listing = nothingListed();
  if (!rules.sessionsAreListedAnew) collector.listing.sessionNames = names;
  collector.marking = newMarking();
  if (condemned.dead.length + condemned.relocated.length === 0) endRound(collector);
}

function setDecision(context: Context, collector: Collector): void {
  collector.condemned = decide(context, collector);
  collector.listing = nothingListed();
  collector.marking = newMarking();
  collector.at = "put final list";
}

function afterDone({ listing, marking }: Collector): At {
  return listing.packs.length > 0 ? "delete" : marking.listed.length > 0 ? "delete relocations" : "done";
}

/** The lists of this epoch and of older ones: whoever put them and lost can not publish them any more. */
function deleteLists({ world, rules }: Context, collector: Collector): void {
  const epoch = String(collector.epoch);
  const named = [read(world.epochs, epoch)?.value, read(world.finals, epoch)?.value, collector.listName];
  for (const name of list(world.lists)) if (rules.listsCarryTheirEpoch ? Number.parseInt(name) <= collector.epoch : named.includes(name)) remove(world.lists, name);
}

function endRound(collector: Collector): void {
  const { id, compacts, spares, roundsLeft } = collector;
  Object.assign(collector, newCollector(id, { compacts, spares, rounds: roundsLeft - 1 }));
  if (collector.roundsLeft === 0) collector.at = "over";
}
