import type { CallOptions, Compute, Tags } from "../../ports/index.js";
import { queriesOf, selects, type Selector, type SelectorSubject } from "./selector.js";

/** Where a resource is. */
export type ResourcePlace = Pick<SelectorSubject, "region" | "accountId">;

/** Says of instances and volumes which entry of `exclude` leaves them out, if any. */
export class Exclusions {
  readonly #selectors: readonly Selector[];
  readonly #instancesByTag = new Map<string, Promise<ReadonlyMap<string, string>>>();

  constructor(selectors: readonly Selector[]) {
    this.#selectors = selectors;
  }

  ofInstance({ instanceId: id, tags }: { readonly instanceId: string; readonly tags: Tags }, { region, accountId }: ResourcePlace): string | undefined {
    return this.#find((selector) => selects(selector, { kind: "instance", id, tags, region, accountId }));
  }

  /** By the volume's own id, tags and place; of the instance that it is attached to, `ofAttachment` tells. */
  ofVolume({ volumeId: id, tags }: { readonly volumeId: string; readonly tags: Tags }, { region, accountId }: ResourcePlace): string | undefined {
    return this.#find((selector) => selects(selector, { kind: "volume", id, tags, region, accountId }));
  }

  /** By the instance that a volume is attached to: an excluded instance takes its volumes along. */
  async ofAttachment(instanceId: string, compute: Compute, accountId: string, options: CallOptions): Promise<string | undefined> {
    const byId = this.#find((selector) => "instance" in selector && selector.instance === instanceId);
    if (byId !== undefined) return byId;
    const place = `${accountId}/${compute.region}`;
    let found = this.#instancesByTag.get(place);
    if (found === undefined) this.#instancesByTag.set(place, (found = this.#listInstances(compute, accountId, options)));
    return (await found).get(instanceId);
  }

  /** The instances of a region that an excluded tag names, with the entry that names them. */
  async #listInstances(compute: Compute, accountId: string, options: CallOptions): Promise<ReadonlyMap<string, string>> {
    const excluded = new Map<string, string>();
    const place = { region: compute.region, accountId };
    for (const selector of this.#selectors) {
      if (!("tag" in selector || "anyTag" in selector)) continue;
      for (const tags of queriesOf(selector, compute.region, accountId)) {
        for await (const instance of compute.instancesByTags(tags, options)) {
          const reason = this.ofInstance(instance, place);
          if (reason !== undefined) excluded.set(instance.instanceId, reason);
        }
      }
    }
    return excluded;
  }

  #find(matches: (selector: Selector) => boolean): string | undefined {
    const position = this.#selectors.findIndex(matches);
    return position < 0 ? undefined : `excluded by exclude[${String(position)}] ${JSON.stringify(this.#selectors[position])}`;
  }
}
