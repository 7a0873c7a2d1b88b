import { assumed } from "./assumed.js";
import type { EstimateAssumptions } from "./estimate-options.js";
import type { EstimateAssumption } from "./policy-estimate.js";

type Name = keyof typeof assumed;
type Values = Readonly<Record<Name, number>>;

const units: Readonly<Record<Name, string>> = {
  dataShare: "of a volume's size",
  dailyChange: "of its data a day",
  storedShare: "of new data",
  freedShare: "of what a removed point had added",
  repeatedShare: "of what changes, changes again before the next copy into the archive",
  runsPerDay: "runs a day",
  workerMibPerSecond: "MiB/s",
  workerStartMinutes: "minutes a volume",
  restoredGbPerMonth: "GB a month",
};

/** The values that an estimate goes by, each given, measured or assumed; those that were used are told with their source. */
export interface AssumedValues extends Values {
  isGiven(name: Name): boolean;
  readonly told: readonly EstimateAssumption[];
}

/** Given values first, then measured ones, then those assumed. `isUsed`: those that are told. */
export function assumedValues(given: EstimateAssumptions, measured: { readonly [Key in Name]?: { readonly value: number; readonly from: string } | undefined }, isUsed: (name: Name) => boolean): AssumedValues {
  const told: EstimateAssumption[] = [];
  const valueOf = (name: Name): number => {
    const found = given[name];
    const [value, source] = found !== undefined ? [found, "given"] : measured[name] !== undefined ? [measured[name].value, `measured: ${measured[name].from}`] : [assumed[name].value, `assumed: ${assumed[name].why}`];
    if (isUsed(name)) told.push({ name, value, unit: units[name], source });
    return value;
  };
  const names = Object.keys(assumed) as readonly Name[];
  const values = Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Values;
  return { ...values, isGiven: (name) => given[name] !== undefined, told };
}
