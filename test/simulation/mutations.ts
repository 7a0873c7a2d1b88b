import type { Bound } from "./bounded-runs.js";
import type { SmallWorldName } from "./small-worlds.js";

/** A guard of the real code taken out: which module, and what of it becomes another. */
export interface Mutation {
  /** Where its loss shows: in the runs of a small world, or in random ones. */
  readonly shows: { readonly world: SmallWorldName; readonly bound: Bound } | "in random runs";
  readonly module: string;
  readonly mutate: (original: Record<string, unknown>) => Record<string, unknown>;
}

type Methods = Record<string, unknown>;
type AnyFunction = (...given: unknown[]) => unknown;

/** Replaces methods of a class, and gives the module as it is: a module is loaded anew for each mutation. */
function withMethods(name: string, methods: Methods): Mutation["mutate"] {
  return (original) => {
    Object.assign((original[name] as { prototype: Methods }).prototype, methods);
    return original;
  };
}

const source = "../../src/repository";

const oneSwitch: Bound = { switches: 1, onlyBeforeWrites: true };
const twoSwitches: Bound = { switches: 2, onlyBeforeWrites: true };

/**
 * Rules that keep data safe (docs/repository-format.md, sections 6, 7, 10 and 11), each taken out of the real code in turn. Others
 * have a second rule behind them, so that nothing is lost without them alone; `test/model` takes out every one.
 */
export const mutations: Readonly<Record<string, Mutation>> = {
  "a collection does not wait for writers": {
    shows: { world: "a backup of what was removed, and a collection", bound: oneSwitch },
    module: `${source}/collect/await-sessions.js`,
    mutate: (original) => ({ ...original, awaitSessions: () => Promise.resolve(true) }),
  },
  "a collection does not mark again before it decides": {
    shows: { world: "a backup of what was removed, and a collection", bound: oneSwitch },
    module: `${source}/collect/mark-live.js`,
    mutate: (original) => ({
      ...original,
      markLive: async (...args: [unknown, unknown, unknown, { readonly isRoot?: unknown } | undefined]) => {
        if (args[3]?.isRoot !== undefined) await (original["markLive"] as AnyFunction)(...args);
      },
    }),
  },
  "blocks are found in condemned packs": {
    shows: { world: "a backup of what a collection under way condemns", bound: oneSwitch },
    module: `${source}/collect/condemned-packs.js`,
    mutate: withMethods("CondemnedPacks", { has: () => false }),
  },
  "a run does not check what it relies on": {
    shows: { world: "a backup of what was removed, and a collection", bound: twoSwitches },
    module: `${source}/writer/writer-session.js`,
    mutate: withMethods("WriterSession", { relyOn: () => undefined }),
  },
  "packs of running sessions are candidates": {
    shows: { world: "a backup of new data, and a collection", bound: twoSwitches },
    module: `${source}/collect/candidates.js`,
    mutate: (original) => ({ ...original, findCandidates: (listing: unknown, rules: object) => (original["findCandidates"] as AnyFunction)(listing, { ...rules, sessions: new Set() }) }),
  },
  "a late session loses its lease and keeps its place": {
    shows: { world: "a backup of what was removed, and a collection", bound: { ...oneSwitch, standsStill: true } },
    module: `${source}/collect/fence-session.js`,
    mutate: (original) => ({
      ...original,
      fenceSession: async (context: { readonly store: { readonly delete: AnyFunction } }, { name }: { readonly name: string }) => {
        await context.store.delete(name);
        return true;
      },
    }),
  },
  "a record is put over another's": {
    shows: { world: "two backups of one volume", bound: oneSwitch },
    module: `${source}/writer/put-record.js`,
    mutate: (original) => ({
      ...original,
      putRecord: async (context: { readonly store: { readonly put: AnyFunction } }, name: string, bytes: Buffer) => {
        await context.store.put(name, bytes);
      },
    }),
  },
  "a reader pins nothing": {
    shows: { world: "a restore, and a removal before a collection", bound: { switches: 1 } },
    module: `${source}/leases/reader-session.js`,
    mutate: (original) => {
      const session = original["ReaderSession"] as { begin: AnyFunction };
      const begin = session.begin.bind(session);
      session.begin = (context, _names, options) => begin(context, [], options);
      return original;
    },
  },
  "a name that is to be withdrawn is not": {
    shows: "in random runs",
    module: `${source}/points/withdraw-group.js`,
    mutate: (original) => ({ ...original, withdrawName: () => Promise.resolve("withdrawn") }),
  },
};
