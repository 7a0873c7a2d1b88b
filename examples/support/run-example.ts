import { fileURLToPath } from "node:url";

/** Where an example's lines go. */
export type Print = (line: string) => void;

/** Runs the example whose module this is, if it was started as a program and not imported. */
export async function runExample(moduleUrl: string, example: (print: Print) => Promise<void>): Promise<void> {
  if (process.argv[1] !== fileURLToPath(moduleUrl)) return;
  await example((line) => process.stdout.write(`${line}\n`));
}
