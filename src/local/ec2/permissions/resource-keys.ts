import type * as ec2 from "@aws-sdk/client-ec2";
import type { ReadKey } from "../../policies/policy-request.js";
import type { Ec2Environment } from "../ec2-environment.js";
import type { Scope } from "../scope.js";
import { findTags } from "../tags/tagged-resources.js";

/** The tags of a resource that is there, by condition key; they are looked up only where a policy asks for them. */
export function keysOfResource(environment: Ec2Environment, scope: Scope, id: string): ReadKey {
  return (key) => {
    const [prefix, name] = split(key);
    if (prefix === "aws:resourcetag" || prefix === "ec2:resourcetag") return tagValue(Object.entries(findTags(environment, scope, id) ?? {}), name);
    return key === "ec2:region" ? [scope.region] : undefined;
  };
}

/** The tags that a request gives, by condition key, and how what is made came about. */
export function keysOfTags(tags: readonly ec2.Tag[], createAction?: string): ReadKey {
  return (key) => {
    if (key === "aws:tagkeys") return tags.map((tag) => tag.Key ?? "");
    if (key === "ec2:createaction") return createAction === undefined ? undefined : [createAction];
    const [prefix, name] = split(key);
    return prefix === "aws:requesttag" ? tagValue(tags.map((tag) => [tag.Key ?? "", tag.Value ?? ""]), name) : undefined;
  };
}

/** What the first knows, and else the second. */
export function either(first: ReadKey, second: ReadKey): ReadKey {
  return (key) => first(key) ?? second(key);
}

/** Fixed values by condition key. */
export function keys(values: Readonly<Record<string, string | undefined>>): ReadKey {
  const known = new Map(Object.entries(values).map(([key, value]) => [key.toLowerCase(), value]));
  return (key) => {
    const value = known.get(key);
    return value === undefined ? undefined : [value];
  };
}

function split(key: string): [string, string] {
  const slash = key.indexOf("/");
  return slash < 0 ? [key, ""] : [key.slice(0, slash), key.slice(slash + 1)];
}

/** Condition keys are the same in any case; so the names of tags in them are, too. */
function tagValue(tags: readonly (readonly [string, string])[], name: string): readonly string[] | undefined {
  const found = tags.find(([key]) => key.toLowerCase() === name);
  return found === undefined ? undefined : [found[1]];
}
