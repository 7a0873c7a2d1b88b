import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { NotFoundError } from "../../errors/index.js";
import type { Logger } from "../../ports/index.js";
import { FakeClock, SeededRandom } from "../../testing/index.js";
import { AwsCalls, type AwsCall } from "./aws-calls.js";
import type { AwsCallFacts } from "./call-counts.js";
import { DamagedAnswer } from "./damaged-answer.js";
import { resolveAwsLimits, type AwsLimits } from "./limits/aws-limits.js";

const call: AwsCall = { service: "ec2", operation: "CreateSnapshots", region: "eu-west-1", resource: "i-0abc" };
const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A layer whose clock jumps to whatever it waits for. */
function world(limits: AwsLimits = {}) {
  const clock = new FakeClock({ jumpsToSleepers: true });
  const refreshes: number[] = [];
  const facts: AwsCallFacts[] = [];
  const calls = new AwsCalls({ clock, random: new SeededRandom(1), logger: silent, limits: resolveAwsLimits(limits), refreshCredentials: async (before) => void refreshes.push(before) });
  calls.onCall((fact) => facts.push(fact));
  return { clock, calls, refreshes, facts };
}

/** What an AWS client throws when the service answers an error. */
function serviceError(name: string, httpStatusCode = 400, more: object = {}): Error {
  return Object.assign(new Error(`the ${name} message`), { name, $fault: httpStatusCode < 500 ? "client" : "server", $metadata: { httpStatusCode, requestId: "request-1", attempts: 1 }, ...more });
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** An attempt that meets these errors in turn, then succeeds. */
function meeting(...errors: readonly unknown[]): () => Promise<string> {
  const left = [...errors];
  return async () => {
    if (left.length > 0) throw left.shift();
    return "done";
  };
}

describe("a call to AWS", () => {
  it("is tried again where that can help", async () => {
    const passing = [
      serviceError("ThrottlingException"), serviceError("RequestThrottledException"), serviceError("ConcurrentLimitExceededException"), serviceError("RequestLimitExceeded", 503),
      serviceError("SlowDown", 503), serviceError("TooManyRequestsException", 429), serviceError("InternalError", 500), serviceError("UnknownError", 502),
      serviceError("ConditionalRequestConflict", 409), serviceError("RequestTimeout"), systemError("ECONNRESET"), systemError("UND_ERR_SOCKET"),
      systemError("UND_ERR_HEADERS_TIMEOUT"), systemError("UND_ERR_RES_CONTENT_LENGTH_MISMATCH"), new Error("socket hang up", { cause: systemError("ECONNRESET") }),
      new DamagedAnswer("ObjectTruncated", "half of it came"), Object.assign(new SyntaxError("Unclosed root tag"), { $response: { statusCode: 200, headers: {} } }),
    ];
    for (const error of passing) {
      const { calls, facts } = world();
      expect(await calls.run(call, meeting(error, error))).toBe("done");
      expect(facts.map(({ attempt, outcome }) => [attempt, outcome === "ok"])).toEqual([[1, false], [2, false], [3, true]]);
    }
  });

  it("is not tried again where it cannot", async () => {
    const given: [unknown, object][] = [
      [serviceError("UnauthorizedOperation", 403), { name: "ProviderError", code: "AccessDenied", retryable: false, awsCode: "UnauthorizedOperation", requestId: "request-1" }],
      [serviceError("AccessDeniedException", 403), { code: "AccessDenied" }],
      [serviceError("AuthFailure", 401), { code: "CredentialsRefused" }],
      [serviceError("InvalidParameterValue"), { name: "ProviderError", code: "ProviderRefused", retryable: false, awsCode: "InvalidParameterValue" }],
      [Object.assign(new Error("no providers"), { name: "CredentialsProviderError" }), { name: "ConfigurationError", code: "NoCredentials" }],
    ];
    for (const [error, expected] of given) {
      const { calls, facts } = world();
      await expect(calls.run(call, meeting(error))).rejects.toMatchObject(expected);
      expect(facts).toHaveLength(1);
    }
  });

  it("names the action that is missing, also where it comes along with the call", async () => {
    const denied = (action: string): Error => Object.assign(serviceError("UnauthorizedOperation", 403), { message: `User: someone is not authorized to perform: ${action} on resource: *` });
    const asked = { ...call, permissions: ["ec2:RunInstances", "ec2:CreateTags"] };
    await expect(world().calls.run(asked, meeting(denied("kms:CreateGrant")))).rejects.toThrow(/allow kms:CreateGrant \(beside ec2:RunInstances and ec2:CreateTags\) to the credentials/);
    await expect(world().calls.run(asked, meeting(denied("ec2:CreateTags")))).rejects.toThrow(/allow ec2:RunInstances and ec2:CreateTags to the credentials/);
  });

  it("raises a mistake in the program as it is", async () => {
    const { calls } = world();
    const mistake = new TypeError("x is undefined");
    await expect(calls.run(call, meeting(mistake))).rejects.toBe(mistake);
  });

  it("ends after so many failures, or so much time, with what failed, on what, and what to do", async () => {
    const failing = (error: Error) => async (): Promise<never> => {
      throw error;
    };
    const first = world({ maxAttempts: 4 });
    await expect(first.calls.run(call, failing(systemError("ECONNREFUSED")))).rejects.toMatchObject({
      name: "ProviderError", code: "Unreachable", retryable: true, service: "ec2", operation: "CreateSnapshots", awsCode: "ECONNREFUSED", context: { resource: "i-0abc", attempts: 4 },
    });
    const second = world({ maxAttempts: 2, totalTimeoutMs: 60_000 });
    const error: unknown = await second.calls.run(call, failing(serviceError("RequestLimitExceeded", 503))).catch((raised: unknown) => raised);
    expect(error).toMatchObject({ code: "Throttled", message: expect.stringMatching(/ec2:CreateSnapshots on i-0abc in eu-west-1 failed \(\d+ attempts\).*quota raised/) as string });
    expect(second.facts.length).toBeGreaterThan(4);
    expect(second.clock.monotonicMs()).toBeLessThanOrEqual(60_000);
    const third = world({ maxAttempts: 3 });
    await expect(third.calls.run(call, failing(new DamagedAnswer("BlockChecksum", "block 7 is not what it was")))).rejects.toMatchObject({ name: "IntegrityError", code: "BlockChecksum", message: "ec2:CreateSnapshots on i-0abc in eu-west-1 gave damaged data (3 attempts): block 7 is not what it was. Check the network (proxies) and this machine's memory." });
  });

  it("waits between attempts: anything from nothing to a limit that doubles", async () => {
    const { calls, clock } = world({ baseDelayMs: 100, maxDelayMs: 1_000, maxAttempts: 200 });
    const startedAt: number[] = [];
    let left = 150;
    await calls.run(call, async () => {
      startedAt.push(clock.monotonicMs());
      if ((left -= 1) > 0) throw systemError("ECONNRESET");
    });
    const waits = startedAt.slice(1).map((at, index) => at - (startedAt[index] ?? 0));
    for (const [index, wait] of waits.entries()) expect(wait).toBeLessThanOrEqual(Math.min(1_000, 100 * 2 ** index));
    const late = waits.slice(10);
    expect(Math.min(...late)).toBeLessThan(100);
    expect(Math.max(...late)).toBeGreaterThan(900);
  });

  it("says whether an earlier attempt may have done its work", async () => {
    const known: boolean[] = [];
    const errors = [serviceError("ThrottlingException"), systemError("ECONNRESET"), serviceError("ThrottlingException")];
    await world().calls.run(call, async (attempt) => {
      known.push(attempt.isOutcomeUnknown);
      const error = errors.shift();
      if (error !== undefined) throw error;
    });
    expect(known).toEqual([false, false, true, true]);
  });

  it("renews expired credentials, once", async () => {
    const { calls, refreshes } = world();
    expect(await calls.run(call, meeting(serviceError("ExpiredToken")))).toBe("done");
    expect(refreshes).toHaveLength(1);
    await expect(calls.run(call, meeting(serviceError("ExpiredTokenException"), serviceError("ExpiredTokenException")))).rejects.toMatchObject({ code: "CredentialsExpired" });
    expect(refreshes).toHaveLength(2);
  });

  it("lets the caller judge and name a failure", async () => {
    const patient: AwsCall = { ...call, retry: ({ reason }, { elapsedMs }) => (reason === "SNAPSHOT_NOT_FOUND" ? elapsedMs < 120_000 : undefined), translate: ({ reason }) => (reason === "SNAPSHOT_NOT_FOUND" ? new NotFoundError("there is no such snapshot", { code: "SnapshotNotFound" }) : undefined) };
    const { calls, clock } = world();
    const missing = serviceError("ResourceNotFoundException", 404, { Reason: "SNAPSHOT_NOT_FOUND" });
    expect(await calls.run(patient, meeting(...Array.from({ length: 10 }, () => missing)))).toBe("done");
    const startedAtMs = clock.monotonicMs();
    await expect(calls.run(patient, () => Promise.reject(missing))).rejects.toMatchObject({ code: "SnapshotNotFound" });
    expect(clock.monotonicMs() - startedAtMs).toBeGreaterThanOrEqual(120_000);
  });

  it("ends an attempt that takes too long, also where the client does not listen", async () => {
    const { calls, facts } = world({ attemptTimeoutMs: 30, maxAttempts: 2 });
    await expect(calls.run(call, () => new Promise<never>(() => undefined))).rejects.toMatchObject({ code: "TimedOut", awsCode: "ETIMEDOUT" });
    expect(facts).toHaveLength(2);
  });

  it("ends with the signal's reason: before, during and between attempts", async () => {
    const reason = new Error("enough");
    await expect(world().calls.run({ ...call, signal: AbortSignal.abort(reason) }, meeting())).rejects.toBe(reason);
    const during = new AbortController();
    const never = world().calls.run({ ...call, signal: during.signal }, () => new Promise<never>(() => undefined));
    during.abort(reason);
    await expect(never).rejects.toBe(reason);
    const clock = new FakeClock();
    const calls = new AwsCalls({ clock, random: new SeededRandom(1), logger: silent, limits: resolveAwsLimits(), refreshCredentials: async () => undefined });
    const between = new AbortController();
    const waiting = calls.run({ ...call, signal: between.signal }, meeting(systemError("ECONNRESET")));
    await expect.poll(() => clock.sleepers).toBe(1);
    between.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(clock.sleepers).toBe(0);
  });

  it("is counted, attempt by attempt", async () => {
    const { calls } = world();
    await calls.run(call, meeting(serviceError("RequestLimitExceeded", 503), systemError("ECONNRESET")));
    await calls.run({ ...call, region: "eu-north-1" }, meeting());
    expect(calls.counts()).toEqual([
      { service: "ec2", operation: "CreateSnapshots", region: "eu-west-1", requests: 3, throttled: 1, failed: 1 },
      { service: "ec2", operation: "CreateSnapshots", region: "eu-north-1", requests: 1, throttled: 0, failed: 0 },
    ]);
  });

  it("is counted with the work in whose course it is made, and with what that is a part of, whoever else calls meanwhile", async () => {
    const { calls } = world();
    const ofRegions = (counts: readonly { readonly region: string; readonly requests: number }[]): Record<string, number> => Object.fromEntries(counts.map(({ region, requests }) => [region, requests]));
    let others = Promise.resolve();
    const work = async (region: string, times: number): Promise<Record<string, number>> =>
      await calls.during(async (asked) => {
        for (let time = 0; time < times; time++) await Promise.all([calls.run({ ...call, region }, meeting(systemError("ECONNRESET"))), new Promise((resolve) => setImmediate(resolve))]);
        await calls.during(async (within) => {
          await calls.run({ ...call, region: `${region} within` }, meeting());
          expect(ofRegions(within())).toEqual({ [`${region} within`]: 1 });
        });
        return ofRegions(asked());
      });
    const works = [work("a", 3), work("b", 2)];
    for (let time = 0; time < 5; time++) others = others.then(async () => {
        await calls.run({ ...call, region: "others" }, meeting());
      });
    expect(await Promise.all(works)).toEqual([{ a: 6, "a within": 1 }, { b: 4, "b within": 1 }]);
    await others;
    expect(ofRegions(calls.counts())).toEqual({ a: 6, "a within": 1, b: 4, "b within": 1, others: 5 });
  });

  it("shares its rate with the calls of its class, and with no others", async () => {
    const { calls } = world();
    await calls.run({ ...call, rateClass: "a" }, meeting(serviceError("RequestLimitExceeded", 503)));
    expect(calls.ratePerSecond({ ...call, rateClass: "a" })).toBeLessThan(10);
    expect(calls.ratePerSecond({ ...call, rateClass: "b" })).toBe(Number.POSITIVE_INFINITY);
    expect(calls.ratePerSecond({ ...call, rateClass: "a", region: "eu-north-1" })).toBe(Number.POSITIVE_INFINITY);
  });

  it("keeps what was signed out of the error", async () => {
    const signed = serviceError("SignatureDoesNotMatch", 403, {
      message: "The signature does not match\nx-amz-security-token:the-secret-token", StringToSign: "the-secret-token", CanonicalRequest: "the-secret-token", $response: { statusCode: 403, headers: {}, body: "the-secret-token" },
    });
    const error: unknown = await world().calls.run(call, meeting(signed)).catch((raised: unknown) => raised);
    expect(error).toMatchObject({ code: "CredentialsRefused" });
    expect(inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error)).not.toContain("the-secret-token");
  });
});
