/** A guard of the real code taken out: which module, and what of it becomes another. */
export interface Mutation {
  readonly module: string;
  readonly mutate: (original: Record<string, unknown>) => Record<string, unknown>;
}

type Methods = Record<string, unknown>;

/** Replaces methods of a class, and gives the module as it is: a module is loaded anew for each mutation. */
function withMethods(name: string, methods: Methods): Mutation["mutate"] {
  return (original) => {
    Object.assign((original[name] as { prototype: Methods }).prototype, methods);
    return original;
  };
}

const nothing = (): Promise<void> => Promise.resolve();
const source = "../../src/repository";

/** The rules that keep data safe (docs/repository-format.md, sections 10 and 11), each taken out of the real code in turn. */
export const mutations: Readonly<Record<string, Mutation>> = {
  "a collection does not wait for writers": {
    module: `${source}/collect/await-sessions.js`,
    mutate: (original) => ({ ...original, awaitSessions: () => Promise.resolve(true) }),
  },
  "a collection does not mark again before it decides": {
    module: `${source}/collect/mark-live.js`,
    mutate: (original) => ({
      ...original,
      markLive: async (...args: [unknown, unknown, unknown, { readonly isRoot?: unknown } | undefined]) => {
        if (args[3]?.isRoot !== undefined) await (original["markLive"] as (...given: unknown[]) => Promise<void>)(...args);
      },
    }),
  },
  "a writer does not check what it relies on when a collection has begun": {
    module: `${source}/writer/writer-session.js`,
    mutate: withMethods("WriterSession", { relyOn: () => undefined }),
  },
  "blocks are found in condemned packs": {
    module: `${source}/collect/condemned-packs.js`,
    mutate: withMethods("CondemnedPacks", { has: () => false }),
  },
  "a late session is removed without taking its place in the log": {
    module: `${source}/leases/fence-session.js`,
    mutate: (original) => ({
      ...original,
      fenceSession: async (context: { readonly store: { delete(name: string): Promise<void> } }, session: { readonly name: string }) => {
        await context.store.delete(session.name);
        return true;
      },
    }),
  },
  "a name that is to be withdrawn is not": {
    module: `${source}/points/withdraw-group.js`,
    mutate: (original) => ({ ...original, withdrawName: () => Promise.resolve("withdrawn") }),
  },
  "a reader does not pin": {
    module: `${source}/leases/reader-session.js`,
    mutate: (original) => ({ ...original, ReaderSession: { begin: () => Promise.resolve({ throwIfLost: () => undefined, end: nothing }) } }),
  },
  "packs of listed sessions are candidates": {
    module: `${source}/collect/candidates.js`,
    mutate: (original) => ({
      ...original,
      findCandidates: (listing: unknown, rules: Record<string, unknown>) => (original["findCandidates"] as (...given: unknown[]) => unknown)(listing, { ...rules, sessions: new Set() }),
    }),
  },
};
