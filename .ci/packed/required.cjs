// Required by CommonJS, which Node does from 20.19 on: the same classes as imported.
const console = require("node:console");
const engine = require("holdfast");
const { LocalCloud } = require("holdfast/local");
const { objectStoreConformance } = require("holdfast/testing");

if ([engine.Policy, engine.AwsAccount, LocalCloud, objectStoreConformance].some((one) => typeof one !== "function")) throw new Error("a required entry is empty");
import("holdfast").then(async (imported) => {
  if (imported.Policy !== engine.Policy) throw new Error("required and imported are two packages");
  // the client itself, at once
  const account = new engine.AwsAccount({ region: "eu-west-1", credentials: { accessKeyId: "AKIA", secretAccessKey: "secret" } });
  const { EC2Client } = require("@aws-sdk/client-ec2");
  if (!(account.ec2("eu-west-1") instanceof EC2Client)) throw new Error("the account's EC2 client is of another package than the user's");
  await account.close();
  console.log("the package can be required");
});
