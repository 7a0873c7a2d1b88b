import { ConfigurationError } from "../errors/index.js";
import type { ObjectPlace } from "../ports/index.js";
import type { BundleRole } from "./keys/key-role.js";
import type { RepositoryContext } from "./repository-context.js";

/** What another machine needs to work in a repository: where it lies, and the keys of a role. Never the root. */
export interface RepositoryHandOver {
  readonly place: ObjectPlace;
  /** The repository's id, 32 hexadecimal digits. */
  readonly repositoryId: string;
  readonly role: BundleRole;
  /** Whether what is written there is locked. */
  readonly isImmutable: boolean;
  /** Gives the role's keys. A secret: to be sealed before it goes anywhere; as a function it prints nothing of itself. */
  readonly secret: () => Buffer;
}

/** Raises `ConfigurationError` where no other machine can reach the repository (`NotReachable`), or its opener does not hold the role's keys (`KeyNotHeld`). */
export function handOver({ place, store, keys, locks }: RepositoryContext, role: BundleRole): RepositoryHandOver {
  if (place === undefined) {
    throw new ConfigurationError(`The repository at ${store.location} lies where workers on other machines cannot reach it: take one in s3Storage, or WorkerPool.inProcess().`, {
      code: "NotReachable",
      context: { path: "workers", location: store.location },
    });
  }
  return { place, repositoryId: keys.repositoryId.toString("hex"), role, isImmutable: locks !== undefined, secret: () => keys.secretOf(role) };
}
