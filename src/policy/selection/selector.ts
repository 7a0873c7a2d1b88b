import type { Tags } from "../../ports/index.js";
import { carriesAnyTag, carriesTags } from "./carries-tags.js";

/**
 * What a policy takes or leaves: one instance with its volumes; one volume; every instance and volume that carries all of the tags of `tag`, or
 * at least one of those of `anyTag`, exactly (no wildcards); everything in a region, in an account, or at all.
 */
export type Selector =
  | { readonly instance: string }
  | { readonly volume: string }
  | { readonly tag: Tags }
  | { readonly anyTag: Tags }
  | { readonly region: string }
  | { readonly account: string }
  | { readonly all: true };

/** What of a resource selectors look at. */
export interface SelectorSubject {
  readonly kind: "instance" | "volume";
  readonly id: string;
  readonly tags: Tags;
  readonly region: string;
  readonly accountId: string;
}

/** Whether a selector takes a resource. */
export function selects(selector: Selector, { kind, id, tags, region, accountId }: SelectorSubject): boolean {
  if ("instance" in selector) return kind === "instance" && id === selector.instance;
  if ("volume" in selector) return kind === "volume" && id === selector.volume;
  if ("tag" in selector) return carriesTags(tags, selector.tag);
  if ("anyTag" in selector) return carriesAnyTag(tags, selector.anyTag);
  if ("region" in selector) return region === selector.region;
  if ("account" in selector) return accountId === selector.account;
  return true;
}

/** The tags to ask the provider for, so that the answers together hold whatever the selector takes in a region; none: it takes nothing there. */
export function queriesOf(selector: Selector, region: string, accountId: string): readonly Tags[] {
  if ("instance" in selector || "volume" in selector) return [];
  if ("tag" in selector) return [selector.tag];
  if ("anyTag" in selector) return Object.entries(selector.anyTag).map(([key, value]) => ({ [key]: value }));
  if ("region" in selector) return selector.region === region ? [{}] : [];
  if ("account" in selector) return selector.account === accountId ? [{}] : [];
  return [{}];
}
