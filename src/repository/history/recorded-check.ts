import { asError, measuringRequests, newSessionId, recordedError, type AskedRequests } from "../../session/index.js";
import type { RepositoryContext } from "../repository-context.js";
import { OpenRecord, type SessionEnd } from "./open-record.js";

/** Findings that a record keeps: the first. */
const maxFindings = 200;

/** Checks something of the repository and leaves a record of it. That the record could not be written is a warning: what was found is what the caller asked for. */
export async function recordedCheck<Report extends { readonly findings: readonly object[] }>(context: RepositoryContext, kind: "verification" | "locks", check: () => Promise<Report>): Promise<Report> {
  return await measuringRequests([context.store.requests], async (asked) => await checkMeasured(context, kind, check, asked));
}

async function checkMeasured<Report extends { readonly findings: readonly object[] }>(context: RepositoryContext, kind: "verification" | "locks", check: () => Promise<Report>, asked: AskedRequests): Promise<Report> {
  const { clock, random, logger } = context;
  const record = OpenRecord.begin(context, { session: newSessionId(random), kind, startedAt: clock.now().toISOString() });
  const end = async (ended: Pick<SessionEnd, "state" | "error" | "result">): Promise<void> => {
    try {
      await record.end({ ...ended, requests: asked(), events: [] });
    } catch (thrown) {
      logger.warn("the record of a verification could not be written", { kind, error: asError(thrown).message });
    }
  };
  let report: Report;
  try {
    report = await check();
  } catch (thrown) {
    await end({ state: "failed", error: recordedError(thrown) });
    throw thrown;
  }
  const { findings } = report;
  await end({ state: "succeeded", result: { ...report, findings: findings.slice(0, maxFindings), findingsInAll: findings.length } });
  return report;
}
