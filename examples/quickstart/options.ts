import { parseArgs } from "node:util";

/** How the quickstart is run. */
export interface QuickstartOptions {
  /** Print the report as JSON. */
  readonly json: boolean;
  /** Leave the folder with the cloud, the repository and the images. */
  readonly keep: boolean;
  readonly help: boolean;
}

export const usage = `npm run quickstart [-- options]

Backs up an instance of a local cloud, changes it, backs it up again, restores both states, and compares every byte.
Needs no AWS account. Everything lies in a temporary folder that is removed at the end.

  --json   print the report as JSON
  --keep   leave the folder, to look at or to go on with
  --help   print this
`;

/** Raises a TypeError for an option that is not known. */
export function parseOptions(args: readonly string[]): QuickstartOptions {
  const boolean = { type: "boolean", default: false } as const;
  return parseArgs({ args: [...args], options: { json: boolean, keep: boolean, help: boolean } }).values;
}
