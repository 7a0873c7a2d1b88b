/**
 * Backs up a disk that is no EBS volume into a repository in a directory, and restores it:
 * `HOLDFAST_PASSPHRASE=… npx tsx examples/raw-image/main.ts backup /dev/vg0/data-snapshot /var/backups`
 * `HOLDFAST_PASSPHRASE=… npx tsx examples/raw-image/main.ts restore /var/backups data.img`
 */
import { backUpDisk, restoreDisk } from "./raw-image.js";

const [command, from, to] = process.argv.slice(2);
const passphrase = process.env["HOLDFAST_PASSPHRASE"];
const abort = new AbortController();
process.once("SIGINT", () => abort.abort(new Error("ended by Ctrl-C")));
const run = command === "backup" ? backUpDisk : command === "restore" ? restoreDisk : undefined;
if (run === undefined || from === undefined || to === undefined || passphrase === undefined) {
  console.error("Usage: HOLDFAST_PASSPHRASE=… npx tsx examples/raw-image/main.ts (backup <image or device> <repository's directory> | restore <repository's directory> <image>)");
  process.exit(2);
}
console.log(await run({ from, to, passphrase, signal: abort.signal }));
