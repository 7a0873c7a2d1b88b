import { matchesWildcard } from "./wildcard.js";

type Comparison = (actual: string, expected: string) => boolean;

interface Operator {
  readonly compare: Comparison;
  /** For a negated operator all expected values must differ, and an absent key makes it true. */
  readonly isNegated: boolean;
}

const equals: Comparison = (actual, expected) => actual === expected;
const isLike: Comparison = (actual, expected) => matchesWildcard(expected, actual);
const equalsIgnoringCase: Comparison = (actual, expected) => actual.toLowerCase() === expected.toLowerCase();

const OPERATORS: Readonly<Record<string, Operator>> = {
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
  NumericEquals: { compare: (actual, expected) => Number(actual) === Number(expected), isNegated: false },
  NumericNotEquals: { compare: (actual, expected) => Number(actual) === Number(expected), isNegated: true },
  NumericLessThan: { compare: (actual, expected) => Number(actual) < Number(expected), isNegated: false },
  NumericLessThanEquals: { compare: (actual, expected) => Number(actual) <= Number(expected), isNegated: false },
  NumericGreaterThan: { compare: (actual, expected) => Number(actual) > Number(expected), isNegated: false },
  NumericGreaterThanEquals: { compare: (actual, expected) => Number(actual) >= Number(expected), isNegated: false },
};

const IF_EXISTS = "IfExists";

export function isKnownOperator(operator: string): boolean {
  return operator === "Null" || baseOf(operator) in OPERATORS;
}

/** Whether a condition holds for the request's value of its key, `undefined` where the request has none. */
export function conditionHolds(operator: string, actual: string | undefined, expected: readonly string[]): boolean {
  if (operator === "Null") return expected.some((value) => value.toLowerCase() === String(actual === undefined));
  const known = OPERATORS[baseOf(operator)];
  if (known === undefined) throw new Error(`The condition operator ${operator} is unknown.`);
  if (actual === undefined) return known.isNegated || operator.endsWith(IF_EXISTS);
  return expected.some((value) => known.compare(actual, value)) !== known.isNegated;
}

function baseOf(operator: string): string {
  return operator.endsWith(IF_EXISTS) ? operator.slice(0, -IF_EXISTS.length) : operator;
}
