import type { CallOptions, Compute, Tags } from "../../ports/index.js";
import type { Selector } from "../policy-options.js";
import { carriesTags } from "./carries-tags.js";

/** Says of instances and volumes which entry of `exclude` leaves them out, if any. */
export class Exclusions {
  readonly #selectors: readonly Selector[];
  readonly #instancesByTag = new Map<string, Promise<ReadonlyMap<string, string>>>();

  constructor(selectors: readonly Selector[]) {
    this.#selectors = selectors;
  }

  ofInstance(instance: { readonly instanceId: string; readonly tags: Tags }): string | undefined {
    return this.#find((selector) => ("instance" in selector && selector.instance === instance.instanceId) || ("tag" in selector && carriesTags(instance.tags, selector.tag)));
  }

  /** By the volume's own id and tags; of the instance that it is attached to, `ofAttachment` tells. */
  ofVolume(volume: { readonly volumeId: string; readonly tags: Tags }): string | undefined {
    return this.#find((selector) => ("volume" in selector && selector.volume === volume.volumeId) || ("tag" in selector && carriesTags(volume.tags, selector.tag)));
  }

  /** By the instance that a volume is attached to: an excluded instance takes its volumes along. */
  async ofAttachment(instanceId: string, compute: Compute, options: CallOptions): Promise<string | undefined> {
    const byId = this.#find((selector) => "instance" in selector && selector.instance === instanceId);
    if (byId !== undefined) return byId;
    let found = this.#instancesByTag.get(compute.region);
    if (found === undefined) this.#instancesByTag.set(compute.region, (found = this.#listInstances(compute, options)));
    return (await found).get(instanceId);
  }

  /** The instances of a region that an excluded tag names, with the entry that names them. */
  async #listInstances(compute: Compute, options: CallOptions): Promise<ReadonlyMap<string, string>> {
    const excluded = new Map<string, string>();
    for (const selector of this.#selectors) {
      if (!("tag" in selector)) continue;
      for await (const instance of compute.instancesByTags(selector.tag, options)) {
        const reason = this.ofInstance(instance);
        if (reason !== undefined) excluded.set(instance.instanceId, reason);
      }
    }
    return excluded;
  }

  #find(matches: (selector: Selector) => boolean): string | undefined {
    const position = this.#selectors.findIndex(matches);
    return position < 0 ? undefined : `excluded by exclude[${String(position)}] ${JSON.stringify(this.#selectors[position])}`;
  }
}
