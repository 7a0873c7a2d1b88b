import { createHash } from "node:crypto";

/** The Node that movers run on, whatever engine launches them: an npm package of the architecture, with nothing but Node's own binary. */
export const nodeVersion = "22.23.3";

/** SHA-256 of that package's archive, for each architecture. With another version go other ones. */
const archiveSha256 = {
  x64: "00b5c43d88958dbbf45339c4d5e9a76289c7e25876fd08270b379e485e151fc5",
  arm64: "894b9938b215d40b3a38db094ef436d02b3bc7dd16f04fca145a4735cd9e9035",
} as const;

/** Raises where an archive is not the one that this version of holdfast was made with: whatever a registry gives, nothing else goes into a bundle. */
export function checkRuntime(archive: Buffer, architecture: keyof typeof archiveSha256, expected: Readonly<Record<keyof typeof archiveSha256, string>> = archiveSha256): void {
  const sha256 = createHash("sha256").update(archive).digest("hex");
  if (sha256 === expected[architecture]) return;
  throw new Error(`The package node-linux-${architecture}@${nodeVersion} that npm gave is not the one that was meant: its SHA-256 is ${sha256}, not ${expected[architecture]}. Look which registry npm asks, or give a runtime of your own by --node.`);
}
