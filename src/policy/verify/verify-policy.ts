import { PartialFailureError, type PartialFailure } from "../../errors/index.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { RestoreVerification } from "../../repository/verified/restore-verification.js";
import { verifyRestore } from "../../restore/verify/verify-restore.js";
import { asError, type EngineEnvironment, type EventOf, type RunningSession } from "../../session/index.js";
import type { ResolvedPolicyOptions } from "../policy-options.js";
import { pointsOfPolicy } from "../retain-points.js";
import { errorFacts, type ErrorFacts } from "../session-result.js";
import { verifyMissing } from "./verify-policy-options.js";

/** What happens while a policy's restore points are tried out, and when it is said. */
export interface PolicyVerifyEvents {
  /** First of all. `done`: of a run that goes on, what is left out, for it was done before its window closed. */
  "session:started": { readonly session: string; readonly policy: string; readonly done?: readonly string[] | undefined };
  /** When the newest point of a resource is about to be tried. */
  "point:started": { readonly resource: string; readonly restorePoint: string };
  /** When it was tried, whatever was found. */
  "point:verified": { readonly resource: string; readonly restorePoint: string; readonly isVerified: boolean; readonly failures: readonly string[] };
  /** When it could not be tried: a store that does not answer, an archive, a program that is missing. */
  "point:failed": { readonly resource: string; readonly restorePoint: string; readonly error: ErrorFacts };
  /** When the session's record could not be written. */
  "session:unrecorded": { readonly error: ErrorFacts };
  /** Last of all, also where points are not as they should be. */
  "session:ended": { readonly verified: number; readonly failed: number };
}

/** One of these events, told apart by `type`. */
export type PolicyVerifyEvent = EventOf<PolicyVerifyEvents>;

/** What verified restores of a policy's points found. JSON. */
export interface PolicyVerification {
  readonly session: string;
  readonly policy: string;
  readonly repository: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly points: readonly RestoreVerification[];
}

/** What the verifying of one policy shares. */
export interface PolicyVerifyRun extends EngineEnvironment {
  readonly options: ResolvedPolicyOptions;
  readonly session: RunningSession<PolicyVerifyEvent>;
  /** Resources that are not tried (again). */
  readonly done: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** Tries out the newest point of each resource, one after the other. `PartialFailureError` (`PointsNotVerified`) at the end where one is not as it should be, or could not be tried. */
export async function verifyPolicy(run: PolicyVerifyRun): Promise<PolicyVerification> {
  const { options, session, signal, clock } = run;
  session.emit({ type: "session:started", session: session.id, policy: options.name, ...(run.done.size > 0 && { done: [...run.done] }) });
  const found: RestoreVerification[] = [];
  const failures: PartialFailure[] = [];
  for (const point of await newestPoints(run)) {
    signal.throwIfAborted();
    const names = { resource: point.resource, restorePoint: point.id };
    session.emit({ type: "point:started", ...names });
    try {
      const verification = await verifyOne(run, point);
      found.push(verification);
      const { isVerified, failures: reasons } = verification;
      session.emit({ type: "point:verified", ...names, isVerified, failures: reasons });
      if (!isVerified) failures.push({ resource: point.resource, error: new Error(`Restore point ${point.id}: ${reasons.join("; ")}`) });
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asError(thrown);
      session.emit({ type: "point:failed", ...names, error: errorFacts(error) });
      failures.push({ resource: point.resource, error });
    }
  }
  const verified = found.filter(({ isVerified }) => isVerified);
  session.emit({ type: "session:ended", verified: verified.length, failed: failures.length });
  if (failures.length > 0) {
    throw new PartialFailureError(`${String(failures.length)} of the newest restore points of policy ${options.name} did not stand the test, the first because: ${failures[0]?.error.message ?? ""} Older points may; point.verifications() has the details.`, {
      code: "PointsNotVerified",
      failures,
      completed: verified.map(({ restorePoint }) => restorePoint),
    });
  }
  return { session: session.id, policy: options.name, repository: options.repository.location, startedAt: session.startedAt.toISOString(), endedAt: clock.now().toISOString(), points: found };
}

async function verifyOne(run: PolicyVerifyRun, point: RestorePoint): Promise<RestoreVerification> {
  const { verify } = run.options;
  if (verify === undefined) throw verifyMissing(run.options.name);
  const { schedule: _, boot, ...options } = verify.options;
  // a volume by itself need not have anything to boot
  return await verifyRestore({ ...run, repository: run.options.repository }, point, { ...options, ...(point.kind === "instance" && { boot }), signal: run.signal });
}

async function newestPoints({ options: { repository, name }, done, signal }: PolicyVerifyRun): Promise<RestorePoint[]> {
  // oldest first within a resource
  const newest = new Map((await pointsOfPolicy(repository, name, { signal })).map((point) => [point.resource, point]));
  return [...newest.values()].filter(({ resource }) => !done.has(resource));
}
