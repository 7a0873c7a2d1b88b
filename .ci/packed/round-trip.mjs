// Run in a folder into which the packed package was installed: what a user imports, and a backup and a restore with it.
import { Buffer } from "node:buffer";
import console from "node:console";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";

const [engine, local, testing] = await Promise.all([import("holdfast"), import("holdfast/local"), import("holdfast/testing")]);
for (const name of ["Policy", "Repository", "Restore", "Retention", "WorkerPool", "AwsAccount"]) if (typeof engine[name] !== "function") throw new Error(`holdfast has no ${name}`);
if (typeof local.LocalCloud !== "function" || typeof testing.objectStoreConformance !== "function") throw new Error("an entry is empty");

const cloud = await local.LocalCloud.start();
const account = new engine.AwsAccount(cloud.connection());
try {
  const missing = await account.keyProvider().wrap({ keyId: "alias/a", key: new Uint8Array(32), encryptionContext: {} }).catch((error) => error);
  if (missing.code !== "MissingPackage") throw new Error("the optional package was installed, or is missed in other words", { cause: missing });

  // so many blocks that sealing threads are started
  const image = Buffer.concat([randomBytes(96 * 2 ** 20), Buffer.alloc(2 ** 20, "text ")]);
  await writeFile("source.img", image);
  const volume = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${account.region}a` });
  await cloud.volumes.importImage(volume, "source.img");
  const repository = await engine.Repository.create({ storage: engine.directoryStorage("repository"), encryption: { passphrase: "of the packed package" } });
  const workers = engine.WorkerPool.inProcess({ threads: 2 });
  const result = await new engine.Policy({ name: "packed", account, include: [{ volume }], backup: { repository }, workers }).run();
  const [{ point }] = result.resources;
  await new engine.Restore({ repository, account }).image(point, { volume, path: "restored.img" });
  const restored = await readFile("restored.img");
  if (!restored.subarray(0, image.length).equals(image)) throw new Error("the restored image is another");
  console.log("the packed package backed up and restored 97 MiB");
} finally {
  await account.close();
  await cloud.close();
}
