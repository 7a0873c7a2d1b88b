import type { RepositoryContext } from "../repository-context.js";
import { Findings } from "./findings.js";
import { PackInventory } from "./pack-inventory.js";
import type { ResolvedVerifyOptions, VerifyProgress } from "./verify-options.js";

/** A volume of a restore point: where packs and pages were met. */
export interface WalkedVolume {
  readonly point: string;
  readonly volumeId: string;
}

/** A page that does not open. */
export interface DamagedPage {
  readonly problem: string;
}

/** What the steps of one verification share. */
export class Verification {
  readonly context: RepositoryContext;
  readonly options: ResolvedVerifyOptions;
  readonly findings = new Findings();
  readonly inventory = new PackInventory();
  readonly volumes: WalkedVolume[] = [];
  /** By the meta pack's index, then by the page's offset. */
  readonly damagedPages = new Map<number, Map<number, DamagedPage>>();
  /** Why packs are suspect, by their index; what is damaged of them, where that is known. */
  readonly suspects = new Map<number, SuspectPack>();
  /** A point or map that cannot be read at all: what it needs is not known. */
  hasUnknownNeeds = false;
  readBytes = 0;

  constructor(context: RepositoryContext, options: ResolvedVerifyOptions) {
    this.context = context;
    this.options = options;
  }

  progress(phase: VerifyProgress["phase"], done: number, total?: number): void {
    this.options.onProgress?.({ phase, done, readBytes: this.readBytes, ...(total !== undefined && { total }) });
  }

  notePage(pack: number, offset: number, problem: string): void {
    const pages = this.damagedPages.get(pack) ?? new Map<number, DamagedPage>();
    pages.set(offset, { problem });
    this.damagedPages.set(pack, pages);
  }

  suspect(pack: number, suspect: SuspectPack): void {
    this.suspects.set(pack, suspect);
    this.inventory.mark(pack, "isSuspect");
    if (suspect.isMissing) this.inventory.mark(pack, "isMissing");
  }
}

/** A pack that is not as it must be. */
export interface SuspectPack {
  readonly problem: string;
  readonly isMissing: boolean;
  /** Frames that do not open, as far as the pack's own directory tells. */
  readonly frames: readonly { readonly offset: number; readonly length: number; readonly blockId: string }[];
}
