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

const source = "../../src/repository";

/**
 * Rules that keep data safe (docs/repository-format.md, sections 10 and 11), each taken out of the real code in turn: those that random
 * runs miss soon enough. The others need rare orders of events; `test/model` takes out every one.
 */
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
  "blocks are found in condemned packs": {
    module: `${source}/collect/condemned-packs.js`,
    mutate: withMethods("CondemnedPacks", { has: () => false }),
  },
  "a name that is to be withdrawn is not": {
    module: `${source}/points/withdraw-group.js`,
    mutate: (original) => ({ ...original, withdrawName: () => Promise.resolve("withdrawn") }),
  },
};
