import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import * as ebs from "@aws-sdk/client-ebs";
import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ServiceDefinition } from "../../service.js";
import { operation, readAll, sendRaw, startTestServer } from "../wire-server.fixture.js";
import type { TestServer } from "../wire-server.fixture.js";
import { Faults } from "./faults.js";

const body = Buffer.alloc(100_000, 5);
let done = 0;

const services: ServiceDefinition[] = [
  {
    signingName: "s3",
    protocol: "restXml",
    apiVersion: "2006-03-01",
    schemas: s3,
    operations: {
      GetObject: operation(() => ({ Body: Readable.from([body.subarray(0, 60_000), body.subarray(60_000)], { objectMode: false }), ContentLength: body.length })),
      PutObject: operation(async (input: { Body: Readable }) => {
        done += (await readAll(input.Body)).length;
        return {};
      }),
    },
  },
  {
    signingName: "ebs",
    protocol: "restJson",
    apiVersion: "2019-11-02",
    schemas: ebs,
    operations: { GetSnapshotBlock: operation(() => ({ BlockData: body, DataLength: body.length })) },
  },
  {
    signingName: "sts",
    protocol: "awsQuery",
    apiVersion: "2011-06-15",
    schemas: sts,
    operations: { GetCallerIdentity: operation(() => ({ Account: "1" })) },
  },
];

let test: TestServer;
const getObject = { service: "s3", path: "/b/k" };
const getBlock = { service: "ebs", path: "/snapshots/snap-1/blocks/1?blockToken=a" };

beforeAll(async () => {
  test = await startTestServer(services);
});
afterAll(async () => {
  await test.server.close();
});
afterEach(() => {
  test.faults.removeAll();
});

const send = (raw: Parameters<typeof sendRaw>[1]): ReturnType<typeof sendRaw> => sendRaw(test.server.endpoint, raw);

describe("an injected fault", () => {
  it("throttles in each service's own words", async () => {
    test.faults.inject({ kind: "throttle" });
    const slowed = await send(getObject);
    expect(slowed.status).toBe(503);
    expect(slowed.body.toString()).toContain("<Code>SlowDown</Code>");
    expect(await send(getBlock)).toMatchObject({ status: 400, headers: { "x-amzn-errortype": "ThrottlingException" } });
    const form = { service: "sts", method: "POST", path: "/", body: "Action=GetCallerIdentity&Version=2011-06-15" };
    expect((await send(form)).body.toString()).toContain("<Code>Throttling</Code>");
    test.faults.removeAll();
    test.faults.inject({ kind: "throttle", scope: "resource" });
    expect(JSON.parse((await send(getBlock)).body.toString())).toMatchObject({ Reason: "RESOURCE_LEVEL_THROTTLE" });
  });

  it("fails with the given error", async () => {
    test.faults.inject({ kind: "error", service: "ebs", code: "ConflictException", status: 409, message: "So." });
    expect(await send(getBlock)).toMatchObject({ status: 409, headers: { "x-amzn-errortype": "ConflictException" } });
    expect((await send(getObject)).status).toBe(200);
  });

  it("resets before the answer, and after the deed", async () => {
    const put = { service: "s3", method: "PUT", path: "/b/k", body: "12345" };
    const before = done;
    const remove = test.faults.inject({ kind: "reset", operation: "PutObject" });
    await expect(send(put)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(done).toBe(before);
    remove();
    test.faults.inject({ kind: "lost-response", operation: "PutObject" });
    await expect(send(put)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(done).toBe(before + 5);
    expect(test.calls.list().at(-1)).toMatchObject({ operation: "PutObject", status: 0, errorCode: undefined, faults: ["lost-response"] });
  });

  it.each([getObject, getBlock])("breaks the body of %o on its way", async (raw) => {
    const remove = test.faults.inject({ kind: "truncate" });
    await expect(send(raw)).rejects.toMatchObject({ code: "ECONNRESET" });
    remove();
    test.faults.inject({ kind: "reset", when: "body" });
    await expect(send(raw)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it.each([getObject, getBlock])("flips one bit of the body of %o", async (raw) => {
    test.faults.inject({ kind: "corrupt" });
    const answer = await send(raw);
    expect(answer.body.length).toBe(body.length);
    expect([...answer.body].filter((byte) => byte !== 5)).toEqual([4]);
  });

  it("flips one bit of a request's body, which the signature finds", async () => {
    test.faults.inject({ kind: "corrupt-request" });
    const answer = await send({ service: "s3", method: "PUT", path: "/b/k", body: "12345" });
    expect(answer.body.toString()).toContain("<Code>XAmzContentSHA256Mismatch</Code>");
  });

  it("lets an unsigned body's flipped bit through to the service", async () => {
    let received: Uint8Array = new Uint8Array(0);
    const echo = await startTestServer([
      { ...(services[0] as ServiceDefinition), operations: { PutObject: operation(async (input: { Body: Readable }) => ((received = await readAll(input.Body)), {})) } },
    ]);
    echo.faults.inject({ kind: "corrupt-request" });
    await sendRaw(echo.server.endpoint, { service: "s3", method: "PUT", path: "/b/k", body, payloadHash: "UNSIGNED-PAYLOAD" });
    expect([...received].filter((byte) => byte !== 5)).toEqual([4]);
    await echo.server.close();
  });

  it("waits with latency and with stalls", async () => {
    test.faults.inject({ kind: "latency", ms: 30 });
    test.faults.inject({ kind: "stall", ms: 30 });
    test.faults.inject({ kind: "stall", ms: 30, when: "body" });
    const startedAt = performance.now();
    expect(createHash("md5").update((await send(getObject)).body).digest("hex")).toBe(createHash("md5").update(body).digest("hex"));
    expect(performance.now() - startedAt).toBeGreaterThan(85);
  });

  it("ends a stall when the cloud closes", async () => {
    const stalling = await startTestServer(services);
    stalling.faults.inject({ kind: "stall", ms: 600_000 });
    const answer = sendRaw(stalling.server.endpoint, getBlock).catch((error: unknown) => error);
    while (stalling.faults.counts()[0]?.met !== 1) await new Promise((resolve) => setImmediate(resolve));
    await stalling.server.close();
    expect(await answer).toBeInstanceOf(Error);
  });
});

describe("the rules of faults", () => {
  it("count, begin after some calls, and end after some", () => {
    const faults = new Faults();
    faults.inject({ kind: "truncate", service: "s3", after: 2, times: 2 });
    const met = ["s3", "s3", "ebs", "s3", "s3", "s3"].map((service) => faults.meet(service, "GetObject").length);
    expect(met).toEqual([0, 0, 0, 1, 1, 0]);
    expect(faults.counts()).toMatchObject([{ matched: 5, met: 2 }]);
  });

  it("come out the same for the same seed, whatever other rules there are", () => {
    const run = (seed: number, others: number): string => {
      const faults = new Faults(seed);
      faults.inject({ kind: "corrupt", operation: "A", probability: 0.3 });
      for (let index = 0; index < others; index += 1) faults.inject({ kind: "throttle", operation: "B", probability: 0.5 });
      return Array.from({ length: 60 }, (_, index) => faults.meet("s3", index % 2 === 0 ? "A" : "B").some((fault) => fault.options.kind === "corrupt"))
        .map(Number)
        .join("");
    };
    expect(run(1, 0)).toBe(run(1, 3));
    expect(run(1, 0)).not.toBe(run(2, 0));
    expect(run(1, 0)).toContain("1");
  });

  it.each([
    [{ kind: "magic" } as never, "kind"],
    [{ kind: "reset", probability: 2 } as const, "probability"],
    [{ kind: "reset", times: 0 } as const, "times"],
    [{ kind: "error", status: 200 } as const, "status"],
  ])("refuse %j", (options, name) => {
    expect(() => new Faults().inject(options)).toThrow(`option ${name} is`);
  });
});
