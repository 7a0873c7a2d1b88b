/**
 * Browses the files of the restore points in a directory's repository:
 * `HOLDFAST_PASSPHRASE=… npx tsx examples/file-browser/main.ts /var/backups`
 */
import { directoryStorage, Repository } from "holdfast";
import { FileBrowser } from "./file-browser.js";

const [path] = process.argv.slice(2);
const passphrase = process.env["HOLDFAST_PASSPHRASE"];
if (path === undefined || passphrase === undefined) {
  console.error("Usage: HOLDFAST_PASSPHRASE=… npx tsx examples/file-browser/main.ts <repository's directory>");
  process.exit(2);
}
const browser = await FileBrowser.start(await Repository.open({ storage: directoryStorage(path), encryption: { passphrase } }), 8080);
console.log(`${browser.url} — Ctrl-C ends it`);
process.once("SIGINT", () => void browser.close());
