import { RecoveryPlan, Restore, type AwsAccount, type RecoveryCheck, type RecoveryDryRun, type RecoveryPlanDocument, type RecoveryRecord, type Repository } from "holdfast";
import { readFile, rename, writeFile } from "node:fs/promises";
import { connect } from "node:net";

/** Where a recovery goes, and by what. */
export interface Recovery {
  readonly document: RecoveryPlanDocument;
  readonly repository: Repository;
  readonly account: AwsAccount;
  readonly region: string;
  /** Where the record of the run is kept: whoever calls again goes on by it. */
  readonly recordPath: string;
  readonly answers?: RecoveryCheck;
  readonly print: (line: string) => void;
}

const connectMs = 3_000;

/** Whether a port of the instance takes connections: needs a way into its network. */
export const portIsOpen: RecoveryCheck = async ({ instance, parameters }) =>
  await new Promise<boolean>((resolve) => {
    const socket = connect({ host: instance.privateIp ?? "", port: Number(parameters["port"]), timeout: connectMs });
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => end(true)).once("timeout", () => end(false)).once("error", () => end(false));
  });

/** Shows what would be done, does it, and keeps the record in a file as it goes. */
export async function recover({ document, repository, account, region, recordPath, answers = portIsOpen, print }: Recovery): Promise<RecoveryRecord> {
  const plan = new RecoveryPlan(document, { restore: new Restore({ repository, account }), repository, account, checks: { answers } });
  const record = await readRecord(recordPath);
  if (record === undefined) {
    const dryRun = await plan.plan({ region });
    for (const line of describe(dryRun)) print(line);
    if (!dryRun.isPossible) throw new Error("The target lacks something: see above.");
  }
  const run = plan.run({ region, ...(record !== undefined && { record }), onRecord: async (changed) => await keep(recordPath, changed) });
  for await (const event of run) print([event.type, "step" in event ? event.step : undefined, "instanceId" in event ? event.instanceId : undefined].filter((part) => part !== undefined).join(" "));
  return await run;
}

function* describe({ plan, region, accountId, steps, seconds }: RecoveryDryRun): Generator<string> {
  yield `${plan} to ${accountId}/${region}, in about ${String(Math.ceil(seconds / 60))} minutes`;
  for (const { name, restore } of steps) {
    yield `  ${name}: ${restore.instance?.instanceType ?? restore.inPlace?.instanceId ?? ""}, from ${restore.createdAt}`;
    for (const { severity, path, message, remedy } of restore.findings) yield `    ${severity} ${path}: ${message} ${remedy}`;
  }
}

async function readRecord(path: string): Promise<RecoveryRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as RecoveryRecord;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole or not at all: a record that was cut short would be of no use. */
async function keep(path: string, record: RecoveryRecord): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(record, null, 2));
  await rename(`${path}.new`, path);
}
