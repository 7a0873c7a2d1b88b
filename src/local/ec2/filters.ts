import type * as ec2 from "@aws-sdk/client-ec2";
import { matches, meaningOf, type Place } from "../wildcard.js";
import { ec2Error, invalidValue } from "./ec2-error.js";

type FilterValue = string | number | boolean | Date | undefined;

/** How each filter of a kind of resource finds its values; a resource may have several, or none. */
export type FilterReaders<T> = Readonly<Record<string, (item: T) => FilterValue | readonly FilterValue[]>>;

interface Tagged {
  readonly Tags?: readonly ec2.Tag[] | undefined;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
const MAX_VALUES = 200;

/** The test that an item fits every filter: one of a filter's values must fit one of the item's. */
export function matcherOf<T extends Tagged>(filters: readonly ec2.Filter[] | undefined, readers: FilterReaders<T>): (item: T) => boolean {
  const tests = (filters ?? []).map((filter) => matcherOfOne(filter, readers));
  return (item) => tests.every((test) => test(item));
}

function matcherOfOne<T extends Tagged>(filter: ec2.Filter, readers: FilterReaders<T>): (item: T) => boolean {
  const { Name: name = "", Values: values = [] } = filter;
  if (name === "") throw invalidValue("The filter 'null' is invalid");
  if (values.length === 0) throw invalidValue(`The filter '${name}' must have at least one value`);
  if (values.length > MAX_VALUES) {
    throw ec2Error("FilterLimitExceeded", `The maximum number of filter values specified on a single call is ${MAX_VALUES}`);
  }
  const read = tagReader(name) ?? (Object.hasOwn(readers, name) ? readers[name] : undefined);
  if (read === undefined) throw invalidValue(`The filter '${name}' is invalid`);
  const patterns = values.map(patternOf);
  return (item) => asTexts(read(item)).some((text) => patterns.some((places) => matches(places, text)));
}

function tagReader(name: string): ((item: Tagged) => readonly FilterValue[]) | undefined {
  if (name === "tag-key") return (item) => (item.Tags ?? []).map((tag) => tag.Key);
  if (!name.startsWith("tag:")) return undefined;
  const key = name.slice("tag:".length);
  return (item) => (item.Tags ?? []).filter((tag) => tag.Key === key).map((tag) => tag.Value);
}

function asTexts(value: FilterValue | readonly FilterValue[]): string[] {
  const values: readonly FilterValue[] = Array.isArray(value) ? (value as readonly FilterValue[]) : [value as FilterValue];
  return values.filter((one) => one !== undefined).map((one) => (one instanceof Date ? one.toISOString() : String(one)));
}

/** `*` stands for any run of characters, `?` for one, and a backslash takes the meaning from the next. */
function patternOf(value: string): Place[] {
  return [...value.matchAll(/\\([*?\\])|./gs)].map(([part, escaped]) => escaped ?? meaningOf(part));
}
