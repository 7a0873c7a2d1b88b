import { AwsAccount, HoldfastError, Policy, Repository, Restore, Retention, directoryStorage, s3Storage, type Logger, type ObjectStore, type PolicyPlan } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { objectStoreConformance } from "holdfast/testing";

// A user's program of which only the types matter: `npm run package-check` compiles it against the packed package.

const logger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Backs a volume up on the local cloud and restores it. */
export async function backUp(volume: string): Promise<string> {
  const cloud = await LocalCloud.start();
  await using account = new AwsAccount({ ...cloud.connection({ region: "eu-west-1" }), logger });
  const repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups" }), encryption: { passphrase: "correct horse" } });
  const policy = new Policy({ name: "gold", account, include: [{ volume }], backup: { repository, retention: { daily: 7 } } });
  const plan: PolicyPlan = await policy.plan();
  const run = policy.run();
  for await (const event of run) if (event.type === "volume:progress") logger.info(String(plan.resources.length), { ...event });
  const { resources } = await run.catch((error: unknown) => {
    throw HoldfastError.isInstance(error) ? new Error(error.code, { cause: error }) : error;
  });
  const point: string | undefined = resources[0]?.point;
  if (point === undefined) throw new Error("nothing was backed up");
  const { Account } = await account.sts("eu-west-1").send(new (await import("@aws-sdk/client-sts")).GetCallerIdentityCommand());
  const { volumeId } = await new Restore({ repository, account }).volume(point, { availabilityZone: "eu-west-1a" });
  return `${volumeId} of ${String(Account)}`;
}

/** A user's own object store, held to its contract. */
export function test(open: () => Promise<ObjectStore>): void {
  objectStoreConformance({ test: (_name, run) => run, open });
}

export const kept = new Retention({ daily: { keep: 7, points: "first" }, weekly: 4, timeZone: "Europe/Oslo" }).plan([], { now: new Date() });
export const storage = directoryStorage("./repository");
