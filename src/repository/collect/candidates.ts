import type { CondemnedPack } from "../format/condemned-list.js";
import type { PackId } from "../format/object-names.js";
import type { PackAmount } from "../pack/pack-amount.js";
import type { KeptReason } from "./collect-report.js";
import type { ListedPack, PackListing } from "./pack-listing.js";
import type { PackSet } from "../pack/pack-set.js";

/** What keeps a pack that nothing reaches. */
export interface CandidateRules {
  readonly reached: PackSet;
  /** Sessions whose packs may be on their way into a record. */
  readonly sessions: ReadonlySet<string>;
  readonly graceMs: number;
  readonly nowMs: number;
  /** Packs that relocations are of, gone or not: what inherits from one that nothing reaches must learn of it. */
  readonly relocated: readonly PackId[];
  /** Why else a pack must stay. */
  readonly keeps?: ((pack: ListedPack) => KeptReason | undefined) | undefined;
}

/** Packs that nothing reaches: those to condemn, and those that stay for now. */
export interface Candidates {
  /** Walks the packs to condemn: the listing is not copied. */
  readonly condemned: () => Generator<CondemnedPack>;
  readonly amount: PackAmount;
  /** Names of packs that only have relocations left. */
  readonly ghosts: number;
  readonly kept: Partial<Record<KeptReason, PackAmount>>;
}

export function findCandidates(listing: PackListing, rules: CandidateRules): Candidates {
  const ghosts = rules.relocated.filter((id) => !rules.reached.has(id) && !rules.sessions.has(id.sessionId));
  const kept: Partial<Record<KeptReason, PackAmount>> = {};
  let amount: PackAmount = { packs: 0, bytes: 0 };
  for (const pack of listing) {
    const verdict = judge(pack, rules);
    if (verdict === "reached") continue;
    if (verdict === "garbage") amount = plus(amount, pack);
    else kept[verdict] = plus(kept[verdict] ?? { packs: 0, bytes: 0 }, pack);
  }
  return {
    condemned: function* () {
      for (const pack of listing) if (judge(pack, rules) === "garbage") yield { id: pack.id, isRelocated: false };
      for (const id of ghosts) yield { id, isRelocated: false };
    },
    ghosts: ghosts.length,
    amount,
    kept,
  };
}

function judge(pack: ListedPack, { reached, sessions, graceMs, nowMs, keeps }: CandidateRules): "reached" | "garbage" | KeptReason {
  if (reached.has(pack.id)) return "reached";
  if (sessions.has(pack.id.sessionId)) return "session";
  if (pack.modifiedMs > 0 && nowMs - pack.modifiedMs < graceMs) return "young";
  return keeps?.(pack) ?? "garbage";
}

function plus({ packs, bytes }: PackAmount, { sizeBytes }: ListedPack): PackAmount {
  return { packs: packs + 1, bytes: bytes + sizeBytes };
}
