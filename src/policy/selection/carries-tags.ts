import type { Tags } from "../../ports/index.js";

/** Whether all of `wanted` are among `tags`, key and value, to the letter. */
export function carriesTags(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(tags, key) && tags[key] === value);
}

/** Whether at least one of `wanted` is among `tags`. */
export function carriesAnyTag(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).some(([key, value]) => carriesTags(tags, { [key]: value }));
}
