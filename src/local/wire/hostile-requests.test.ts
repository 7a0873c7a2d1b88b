import { connect } from "node:net";
import type { Readable } from "node:stream";
import * as ec2 from "@aws-sdk/client-ec2";
import * as s3 from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServiceDefinition } from "../service.js";
import { operation, readAll, sendRaw, signRaw, startTestServer, TEST_CREDENTIALS, TEST_REGION } from "./wire-server.fixture.js";
import type { RawRequest, TestServer } from "./wire-server.fixture.js";

const inputs: unknown[] = [];
const failures: unknown[] = [];
/** What a request to the key `held` waits for before it reads its body. */
let held: Promise<void> = Promise.resolve();
const services: ServiceDefinition[] = [
  {
    signingName: "s3",
    protocol: "restXml",
    apiVersion: "2006-03-01",
    schemas: s3,
    operations: {
      PutObject: operation(async (input: { Key: string; Body: Readable }) => {
        if (input.Key === "unread") return {};
        if (input.Key === "held") await held;
        try {
          inputs.push((await readAll(input.Body)).toString());
        } catch (error) {
          failures.push(error);
          throw error;
        }
        return {};
      }),
      DeleteObjects: operation((input: s3.DeleteObjectsRequest) => {
        inputs.push(input);
        return {};
      }),
      ListBuckets: operation(() => {
        throw new RangeError("A secret of the inside.");
      }),
    },
  },
  {
    signingName: "ec2",
    protocol: "ec2Query",
    apiVersion: "2016-11-15",
    xmlNamespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    schemas: ec2,
    operations: {
      DescribeVolumes: operation((input: ec2.DescribeVolumesRequest): ec2.DescribeVolumesResult => {
        inputs.push(input);
        return { Volumes: [{ VolumeId: "vol-1", Size: 8, Encrypted: false, CreateTime: new Date(1_700_000_000_000), Tags: [{ Key: "a", Value: "<&>" }], Attachments: [] }] };
      }),
      RunInstances: operation((input: unknown) => {
        inputs.push(input);
        return { ReservationId: "r-1" };
      }),
      DeleteVolume: operation(() => ({})),
    },
  },
];

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer(services);
});
afterAll(async () => {
  await test.server.close();
});

const send = (raw: RawRequest): ReturnType<typeof sendRaw> => sendRaw(test.server.endpoint, raw);
const codeOf = (body: Buffer): string | undefined => /<Code>(\w+)<\/Code>/.exec(body.toString())?.[1];
const put = { service: "s3", method: "PUT", path: "/b/k", body: "hello" };
const describeVolumes = { service: "ec2", method: "POST", path: "/", body: "Action=DescribeVolumes&Version=2016-11-15" };

describe("a request that does not hold", () => {
  it.each<[string, Partial<RawRequest>, string, number]>([
    ["whose body is another", { payloadHash: "0".repeat(64) }, "XAmzContentSHA256Mismatch", 400],
    ["whose hash is no hash", { payloadHash: "hello" }, "InvalidArgument", 400],
    ["that is too old", { signedAt: new Date(Date.now() - 16 * 60_000) }, "RequestTimeTooSkewed", 403],
    ["from the future", { signedAt: new Date(Date.now() + 16 * 60_000) }, "RequestTimeTooSkewed", 403],
    ["with a header that was added", { tamper: (headers) => (headers["x-amz-acl"] = "public-read") }, "AccessDenied", 403],
    ["with a header that was changed", { headers: { "x-amz-acl": "private" }, tamper: (headers) => (headers["x-amz-acl"] = "public-read") }, "SignatureDoesNotMatch", 403],
    ["for a service that is not there", { service: "sqs" }, "AuthorizationHeaderMalformed", 400],
    ["without a signature", { tamper: (headers) => Reflect.deleteProperty(headers, "authorization") }, "AccessDenied", 403],
    ["signed the old way", { tamper: (headers) => (headers["authorization"] = "AWS a:b") }, "AuthorizationHeaderMalformed", 400],
    ["with a path that is no encoding", { path: "/b/%zz" }, "InvalidURI", 400],
    ["with trailers that did not come", { payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", headers: { "x-amz-decoded-content-length": "0", "x-amz-trailer": "x-amz-checksum-crc32" }, body: "0\r\n\r\n" }, "MalformedTrailerError", 400],
    ["with chunks that are none", { payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", headers: { "x-amz-decoded-content-length": "5" }, body: "hello\r\n" }, "InvalidChunkSizeError", 400],
  ])("%s is refused", async (_name, changes, code, status) => {
    const answer = await send({ ...put, ...changes });
    expect([codeOf(answer.body), answer.status]).toEqual([code, status]);
  });

  it("is judged by the machine's clock, however far the cloud's was moved", async () => {
    test.clock.advance(86_400_000);
    expect((await send(put)).status).toBe(200);
    test.clock.advance(-86_400_000);
  });

  it("is not read by a service when its client goes away", async () => {
    failures.length = 0;
    await sendAndLeave(beginningOf("/b/k"));
    await until(() => failures.length > 0);
    expect(failures.pop()).toMatchObject({ code: "RequestTimeout", status: 400 });
  });

  it("is not waited for when its client went away before a service asked for its body", async () => {
    let letGo = (): void => undefined;
    held = new Promise((resolve) => (letGo = resolve));
    failures.length = 0;
    await sendAndLeave(beginningOf("/b/held"));
    letGo();
    await until(() => failures.length > 0);
    expect(failures.pop()).toMatchObject({ code: "RequestTimeout", status: 400 });
  });

  it("and another behind it on the same connection do not keep the server from closing", async () => {
    const own = await startTestServer(services);
    let letGo = (): void => undefined;
    held = new Promise((resolve) => (letGo = resolve));
    const whole = (path: string): string => `${beginningOf(path, own)}${"x".repeat(995)}`;
    await sendAndLeave(whole("/b/held") + whole("/b/held"), own);
    const closed = own.server.close();
    letGo();
    await closed;
  });
});

/** A signed request with the first 5 of its 1,000 bytes. */
function beginningOf(path: string, { server } = test): string {
  const headers = signRaw(server.endpoint, { ...put, path, body: "x".repeat(1000), payloadHash: "UNSIGNED-PAYLOAD" });
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `PUT ${path} HTTP/1.1\r\n${head}\r\nxxxxx`;
}

/** Sends bytes, and breaks the connection once the server has had time to read them. */
async function sendAndLeave(text: string, { server } = test): Promise<void> {
  const socket = connect(Number(new URL(server.endpoint).port), "127.0.0.1");
  socket.write(text);
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a body", () => {
  it("is asked for only from a caller who may send it", async () => {
    const expecting = { ...put, headers: { expect: "100-continue" } };
    expect((await send(expecting)).status).toBe(200);
    expect(inputs.at(-1)).toBe("hello");
    const refused = await send({ ...expecting, tamper: (headers) => (headers["authorization"] = (headers["authorization"] ?? "").replace("AKIDEXAMPLE", "AKIDOTHER")) });
    expect(refused).toMatchObject({ status: 403, headers: { connection: "close" } });
  });

  it("that a service leaves unread does not hold the connection up", async () => {
    const answer = await send({ ...put, path: "/b/unread", body: Buffer.alloc(5_000_000), payloadHash: "UNSIGNED-PAYLOAD" });
    expect(answer.status).toBe(200);
  });

  it("as a document is bounded", async () => {
    const answer = await send({ service: "s3", method: "POST", path: "/b?delete=", body: Buffer.alloc(17 * 1024 * 1024), payloadHash: "UNSIGNED-PAYLOAD" });
    expect(codeOf(answer.body)).toBe("MaxMessageLengthExceeded");
  });

  it.each([
    ["is no XML", "<Delete><Object>"],
    ["declares entities", '<!DOCTYPE d [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>'],
    ["uses entities that are not there", "<Delete><Object><Key>&a;</Key></Object></Delete>"],
    ["is empty where it must not be", "   "],
  ])("that %s is refused", async (_name, body) => {
    const answer = await send({ service: "s3", method: "POST", path: "/b?delete=", body });
    expect([codeOf(answer.body), answer.status]).toEqual(["MalformedXML", 400]);
  });

  it("has its references and its sections read", async () => {
    const body = "<?xml version='1.0'?><Delete xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Object><Key> a&amp;&#x62;&#99;<![CDATA[<d>]]> </Key></Object><Quiet>true</Quiet></Delete>";
    expect((await send({ service: "s3", method: "POST", path: "/b?delete=", body })).status).toBe(200);
    expect(inputs.at(-1)).toMatchObject({ Delete: { Objects: [{ Key: " a&bc<d> " }], Quiet: true } });
  });
});

describe("EC2 over the wire", () => {
  const client = (): ec2.EC2Client => new ec2.EC2Client({ region: TEST_REGION, endpoint: test.server.endpoint, credentials: TEST_CREDENTIALS, maxAttempts: 1 });

  it("reads filters and lists, and writes items", async () => {
    const answer = await client().send(new ec2.DescribeVolumesCommand({ VolumeIds: ["vol-1", "vol-2"], Filters: [{ Name: "tag:a", Values: ["x", "y z"] }], MaxResults: 5 }));
    expect(inputs.at(-1)).toEqual({ VolumeIds: ["vol-1", "vol-2"], Filters: [{ Name: "tag:a", Values: ["x", "y z"] }], MaxResults: 5 });
    expect(answer.Volumes).toEqual([
      { VolumeId: "vol-1", Size: 8, Encrypted: false, CreateTime: new Date(1_700_000_000_000), Tags: [{ Key: "a", Value: "<&>" }], Attachments: [] },
    ]);
  });

  it("reads nested structures", async () => {
    const input = {
      MinCount: 1,
      MaxCount: 1,
      BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 8, DeleteOnTermination: true } }],
      NetworkInterfaces: [{ DeviceIndex: 0, Groups: ["sg-1"] }],
      TagSpecifications: [{ ResourceType: "instance" as const, Tags: [{ Key: "k", Value: "" }] }],
      IamInstanceProfile: { Name: "p" },
      ClientToken: "t",
    };
    await client().send(new ec2.RunInstancesCommand(input));
    expect(inputs.at(-1)).toEqual(input);
  });

  it.each([
    ["Action=Nonsense&Version=2016-11-15", "InvalidAction"],
    ["Version=2016-11-15", "MissingParameter"],
    ["Action=DeleteVolume&Version=2016-11-15", "MissingParameter"],
    ["Action=DescribeVolumes&Version=2016-11-15&Colour=red", "UnknownParameter"],
    ["Action=DescribeVolumes&Version=2016-11-15&MaxResults=many", "InvalidParameterValue"],
    ["Action=DescribeVolumes&Version=1999-01-01", "InvalidAction"],
    ["Action=DescribeVpcs&Version=2016-11-15", "UnsupportedOperation"],
    ["Action=DescribeVolumes&Version=2016-11-15&MaxResults=5&MaxResults=6", "MalformedQueryString"],
  ])("answers %s with %s", async (body, code) => {
    expect(codeOf((await send({ ...describeVolumes, body })).body)).toBe(code);
  });

  it("needs no hash of the body in a header", async () => {
    const answer = await send({ ...describeVolumes, tamper: (headers) => Reflect.deleteProperty(headers, "x-amz-content-sha256") });
    expect(answer.status).toBe(401);
    const { body } = await send({ ...describeVolumes, body: `${describeVolumes.body}&DryRun=false` });
    expect(body.toString()).toContain("<volumeSet><item>");
  });
});

describe("the call log", () => {
  it("tells what failed inside, which the client does not learn", async () => {
    const answer = await send({ service: "s3", path: "/" });
    expect([codeOf(answer.body), answer.status]).toEqual(["InternalError", 500]);
    expect(answer.body.toString()).not.toContain("secret");
    expect(test.calls.list().at(-1)?.failure).toBeInstanceOf(RangeError);
  });

  it("counts calls and bytes by outcome", async () => {
    test.calls.clear();
    await send(put);
    await send({ ...put, signedAt: new Date(0) });
    expect(test.calls.count({ service: "s3", operation: "PutObject" })).toBe(2);
    expect(test.calls.count({ outcome: "ok" })).toBe(1);
    expect(test.calls.count({ outcome: "RequestTimeTooSkewed" })).toBe(1);
    expect(test.calls.bytesIn({ outcome: "ok" })).toBe(5);
    expect(test.calls.list({ outcome: "ok" })).toMatchObject([{ accountId: "111122223333", region: TEST_REGION, status: 200, bytesIn: 5 }]);
  });
});
