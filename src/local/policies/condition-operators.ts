import { isIPv4 } from "node:net";
import { matchesWildcard } from "../wildcard.js";

type Comparison = (actual: string, expected: string) => boolean;

interface Operator {
  readonly compare: Comparison;
  /** For a negated operator all expected values must differ, and an absent key makes it true. */
  readonly isNegated: boolean;
}

const equals: Comparison = (actual, expected) => actual === expected;
const isLike: Comparison = (actual, expected) => matchesWildcard(expected, actual);
const equalsIgnoringCase: Comparison = (actual, expected) => actual.toLowerCase() === expected.toLowerCase();
const byNumber =
  (holds: (actual: number, expected: number) => boolean): Comparison =>
  (actual, expected) =>
    holds(Number(actual), Number(expected));
const byDate =
  (holds: (actual: number, expected: number) => boolean): Comparison =>
  (actual, expected) =>
    holds(timeOf(actual), timeOf(expected));

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    StringEquals: { compare: equals, isNegated: false },
    StringNotEquals: { compare: equals, isNegated: true },
    StringEqualsIgnoreCase: { compare: equalsIgnoringCase, isNegated: false },
    StringNotEqualsIgnoreCase: { compare: equalsIgnoringCase, isNegated: true },
    StringLike: { compare: isLike, isNegated: false },
    StringNotLike: { compare: isLike, isNegated: true },
    ArnEquals: { compare: isLike, isNegated: false },
    ArnLike: { compare: isLike, isNegated: false },
    ArnNotEquals: { compare: isLike, isNegated: true },
    ArnNotLike: { compare: isLike, isNegated: true },
    Bool: { compare: equalsIgnoringCase, isNegated: false },
    BinaryEquals: { compare: equals, isNegated: false },
    NumericEquals: { compare: byNumber((actual, expected) => actual === expected), isNegated: false },
    NumericNotEquals: { compare: byNumber((actual, expected) => actual === expected), isNegated: true },
    NumericLessThan: { compare: byNumber((actual, expected) => actual < expected), isNegated: false },
    NumericLessThanEquals: { compare: byNumber((actual, expected) => actual <= expected), isNegated: false },
    NumericGreaterThan: { compare: byNumber((actual, expected) => actual > expected), isNegated: false },
    NumericGreaterThanEquals: { compare: byNumber((actual, expected) => actual >= expected), isNegated: false },
    DateEquals: { compare: byDate((actual, expected) => actual === expected), isNegated: false },
    DateNotEquals: { compare: byDate((actual, expected) => actual === expected), isNegated: true },
    DateLessThan: { compare: byDate((actual, expected) => actual < expected), isNegated: false },
    DateLessThanEquals: { compare: byDate((actual, expected) => actual <= expected), isNegated: false },
    DateGreaterThan: { compare: byDate((actual, expected) => actual > expected), isNegated: false },
    DateGreaterThanEquals: { compare: byDate((actual, expected) => actual >= expected), isNegated: false },
    IpAddress: { compare: isInBlock, isNegated: false },
    NotIpAddress: { compare: isInBlock, isNegated: true },
  }),
);

const FOR_ALL = "ForAllValues:";
const FOR_ANY = "ForAnyValue:";
const IF_EXISTS = "IfExists";

interface ReadOperator {
  readonly base: string;
  readonly set: "all" | "any" | undefined;
  readonly isIfExists: boolean;
}

/** Tells of a request's values of a key, `undefined` where it has none, whether they are as expected. */
export type ConditionTest = (actual: readonly string[] | undefined, expected: readonly string[]) => boolean;

/** The test that an operator stands for; undefined for an operator that is none. */
export function conditionTest(name: string): ConditionTest | undefined {
  const { base, set, isIfExists } = readOperator(name);
  if (base === "Null") return (actual, expected) => expected.some((value) => value.toLowerCase() === String(actual === undefined));
  const operator = OPERATORS.get(base);
  if (operator === undefined) return undefined;
  const { compare, isNegated } = operator;
  const whenAbsent = set === "all" || isIfExists || (set === undefined && isNegated);
  return (actual, expected) => {
    if (actual === undefined || actual.length === 0) return whenAbsent;
    const fits = (value: string): boolean => expected.some((one) => compare(value, one)) !== isNegated;
    return set === "all" ? actual.every(fits) : actual.some(fits);
  };
}

function readOperator(name: string): ReadOperator {
  const set = name.startsWith(FOR_ALL) ? "all" : name.startsWith(FOR_ANY) ? "any" : undefined;
  const bare = set === undefined ? name : name.slice(name.indexOf(":") + 1);
  const isIfExists = bare.endsWith(IF_EXISTS);
  return { base: isIfExists ? bare.slice(0, -IF_EXISTS.length) : bare, set, isIfExists };
}

/** Seconds since 1970, or ISO 8601. */
function timeOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function isInBlock(actual: string, block: string): boolean {
  const [base = "", length = "32"] = block.split("/");
  if (!isIPv4(actual) || !isIPv4(base)) return actual === block;
  const shift = 32 - Number(length);
  const numberOf = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return Math.floor(numberOf(actual) / 2 ** shift) === Math.floor(numberOf(base) / 2 ** shift);
}
