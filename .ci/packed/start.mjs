// Importing the package, and making what is made of it first, loads no AWS client and nothing that clients need.
import console from "node:console";
import process from "node:process";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const record = `data:text/javascript,${encodeURIComponent(`
  import { appendFileSync } from "node:fs";
  export async function resolve(specifier, context, next) {
    const resolved = await next(specifier, context);
    appendFileSync("loaded", resolved.url + "\\n");
    return resolved;
  }
`)}`;
const hooks = `data:text/javascript,${encodeURIComponent(`import { register } from "node:module"; register(${JSON.stringify(record)});`)}`;

const program = `
  import { AwsAccount, Policy, Restore, WebhookNotifier, directoryStorage, s3Storage } from "holdfast";
  const account = new AwsAccount({ region: "eu-west-1", credentials: { accessKeyId: "AKIA", secretAccessKey: "secret" } });
  account.compute("eu-west-1");
  s3Storage({ account, bucket: "backups" });
  directoryStorage("repository");
  new WebhookNotifier({ url: "https://example.com/hook" });
  if ([Policy, Restore].some((one) => typeof one !== "function")) throw new Error("an export is missing");
  await account.close();
`;

writeFileSync("loaded", "");
execFileSync(process.execPath, ["--import", hooks, "--input-type=module", "--eval", program], { stdio: "inherit" });
const loaded = readFileSync("loaded", "utf8").split("\n");
if (!loaded.some((url) => url.includes("/node_modules/holdfast/dist/index.js"))) throw new Error("what was loaded was not recorded");
const heavy = loaded.filter((url) => /\/node_modules\/(@aws-sdk|@smithy|undici|nodemailer)\//.test(url));
if (heavy.length > 0) throw new Error(`importing holdfast loads ${heavy.join(", ")}`);
console.log(`importing the package loads ${loaded.filter((url) => url.startsWith("file:")).length} files, and no AWS client`);
