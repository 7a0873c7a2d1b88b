import { IntegrityError } from "../errors/index.js";
import { asError } from "../session/index.js";
import { Attempt } from "./attempt.js";
import type { MoverEnvironment, MoverIdentity } from "./mover-environment.js";
import { BeatWatch } from "./protocol/beat-watch.js";
import { ControlObjects } from "./protocol/control-objects.js";
import { engineDocument, orderDocument, orderSecrets, taskDocument, workerOrderDocument, type OrderSecrets } from "./protocol/documents.js";
import { createWorkerKeyPair, openEnvelope, type WorkerKeyPair } from "./protocol/envelope.js";
import { controlNames } from "./protocol/object-names.js";

/** Why a mover ended. `taken`: another process is this worker; `interrupted`: its machine is taken back. */
export type MoverEnd = "stopped" | "engine-silent" | "time-over" | "taken" | "interrupted";

/** EC2 user guide, "Spot Instance interruption notices": two minutes before, to be looked for every 5 seconds. */
const noticeMs = 120_000;
const lookForNoticeMs = 5_000;

/** What a running mover carries. */
interface Running {
  readonly environment: MoverEnvironment;
  readonly identity: MoverIdentity;
  readonly control: ControlObjects;
  readonly keys: WorkerKeyPair;
  readonly attempts: Set<Attempt>;
}

/**
 * The data mover on a worker: says hello, does one order after the other, and ends when its engine says so, falls silent, or
 * its own time is over. Who calls it ends the machine afterwards, whatever it gives or raises.
 */
export async function runMover(environment: MoverEnvironment, identity: MoverIdentity): Promise<MoverEnd> {
  const control = new ControlObjects(environment.store);
  const keys = createWorkerKeyPair();
  const { worker, instanceId, architecture } = identity;
  const hello = { version: 1, worker, publicKey: keys.publicKey.toString("base64"), instanceId, architecture };
  if ((await control.create(controlNames.hello(worker), hello)) === false) return "taken";
  const running: Running = { environment, identity, control, keys, attempts: new Set() };
  let end: MoverEnd | undefined;
  try {
    end = await followOrders(running);
    return end;
  } finally {
    if (end === "interrupted") await giveBack(running);
    const reason = end === "stopped" ? "The engine stopped this worker." : end === "time-over" ? "The worker's time is over." : "The worker's engine is silent.";
    for (const attempt of running.attempts) attempt.leave(reason);
    await Promise.all([...running.attempts].map(async (attempt) => await attempt.over));
  }
}

/** Gives back what is under way, and holds what is done for as long as the notice lasts: its engine may be about to commit it. */
async function giveBack({ environment, identity, attempts }: Running): Promise<void> {
  const { clock, logger } = environment;
  logger.warn("a worker's machine is taken back", { worker: identity.worker, attempts: attempts.size });
  const patience = new AbortController();
  for (const attempt of attempts) attempt.interrupt();
  await Promise.race([Promise.all([...attempts].map(async (attempt) => await attempt.over)), clock.sleep(noticeMs, patience.signal).catch(() => undefined)]);
  patience.abort();
}

async function followOrders(running: Running): Promise<MoverEnd> {
  const { environment, identity, control } = running;
  const { clock, logger, pace } = environment;
  const engine = new BeatWatch(clock, pace.silentAfterMs);
  const startedMs = clock.monotonicMs();
  let number = 1;
  let current: Attempt | undefined;
  let lookedMs = startedMs;
  for (;;) {
    if (clock.monotonicMs() - startedMs > identity.maxLifeMs) return "time-over";
    if (clock.monotonicMs() - lookedMs >= lookForNoticeMs) {
      lookedMs = clock.monotonicMs();
      if ((await environment.isInterrupted?.()) === true) return "interrupted";
    }
    try {
      const said = await control.read(controlNames.engine(identity.worker), engineDocument);
      if (said === undefined || said.document.command === "stop") return "stopped";
      engine.note(said.etag);
      if (current === undefined) {
        const order = await control.read(controlNames.workerOrder(identity.worker, number), workerOrderDocument);
        if (order !== undefined) {
          current = await begin(running, order.document.task, order.document.attempt);
          number++;
          void current?.worked.then(() => (current = undefined));
        }
      }
    } catch (error) {
      logger.warn("a worker could not look for orders", { worker: identity.worker, error: asError(error).message });
    }
    if (engine.isSilent) return "engine-silent";
    await clock.sleep(pace.pollMs);
  }
}

/** Claims an attempt and begins it; nothing where it is not this worker's, or has ended already. */
async function begin({ environment, identity, control, keys, attempts }: Running, task: string, number: number): Promise<Attempt | undefined> {
  const names = controlNames.attempt(task, number);
  const [description, order] = await Promise.all([control.read(controlNames.taskDocument(task), taskDocument), control.read(names.order, orderDocument)]);
  if (description === undefined || order?.document.worker !== identity.worker) return undefined;
  const secrets = readSecrets(names.order, openEnvelope(keys, names.order, Buffer.from(order.document.envelope, "base64")));
  if (secrets.taskSha256 !== description.sha256) throw damagedOrder(controlNames.taskDocument(task), "it is another task than the one that was ordered");
  if ((await environment.store.head(names.outcome)) !== undefined) return undefined;
  if ((await control.create(names.claim, { version: 1, worker: identity.worker })) === false) return undefined;
  const attempt = new Attempt({ environment, control, names, number, task: description.document, secrets });
  attempts.add(attempt);
  void attempt.over.then(() => attempts.delete(attempt));
  return attempt;
}

/** What the envelope holds; nothing of it goes into an error. */
function readSecrets(name: string, plain: Buffer): OrderSecrets {
  try {
    return orderSecrets.parse(JSON.parse(plain.toString("utf8")));
  } catch {
    throw damagedOrder(name, "what it holds is not what this data mover takes. Bundle and engine must be of one version: make the bundle again");
  }
}

function damagedOrder(name: string, why: string): IntegrityError {
  return new IntegrityError(`${name} is damaged or forged: ${why}. Nothing was begun.`, { code: "DamagedOrder", context: { object: name } });
}
