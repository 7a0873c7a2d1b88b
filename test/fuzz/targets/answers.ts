import { AwsAccount } from "../../../src/adapters/aws/aws-account.js";
import { HttpConnection } from "../../../src/adapters/aws/hot/http-connection.js";
import { NetworkFailure } from "../../../src/adapters/aws/hot/http-error.js";
import { jsonRefusal, xmlRefusal } from "../../../src/adapters/aws/hot/service-refusal.js";
import { describeAwsFailure } from "../../../src/adapters/aws/aws-failure.js";
import { s3Storage } from "../../../src/adapters/aws/s3/s3-storage.js";
import { EmailNotifier } from "../../../src/adapters/smtp/email-notifier.js";
import { WebhookNotifier } from "../../../src/adapters/webhook/webhook-notifier.js";
import type { Clock, Notification } from "../../../src/ports/index.js";
import { AnsweringServer } from "../answering-server.js";
import type { FuzzTarget } from "../target.js";

// What services answer: the bytes that come over the line, to whoever asked.

const region = "eu-west-1";
const crlf = "\r\n";
const hyphens = "----";

/** Every wait is over at once, and with the first one the time for a call. */
let hours = 0;
const hurriedClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now() + hours * 3_600_000,
  sleep: async () => {
    hours++;
    await Promise.resolve();
  },
};

/** One server for a target, begun with its first input. */
function answering(options: { readonly speaksFirst?: boolean } = {}): { readonly server: () => Promise<AnsweringServer>; readonly close: () => Promise<void> } {
  let server: Promise<AnsweringServer> | undefined;
  return {
    server: async () => await (server ??= AnsweringServer.start(options)),
    close: async () => {
      await (await server)?.close();
      server = undefined;
    },
  };
}

/** An answer whose length is said right, where it says `length: auto`: so its body is read, and not only missed. */
function withLength(answer: Buffer): Buffer {
  const end = answer.indexOf(crlf + crlf);
  if (end < 0) return answer;
  const head = answer.toString("latin1", 0, end).replace(/content-length: auto/i, `content-length: ${String(answer.length - end - 4)}`);
  return Buffer.concat([Buffer.from(head, "latin1"), answer.subarray(end)]);
}

const pieces = (input: Buffer): Buffer[] => input.toString("latin1").split(hyphens).map((piece) => Buffer.from(piece, "latin1"));
const http = (body: string, { status = 200, headers = [] as readonly string[] } = {}): string => [`HTTP/1.1 ${String(status)} OK`, "content-length: auto", "connection: close", ...headers, "", body].join(crlf);

/** The calls whose answers are read: the first byte of an input says which. */
type Ask = (account: AwsAccount) => Promise<string>;

async function count(items: AsyncIterable<unknown>): Promise<string> {
  let found = 0;
  for await (const item of items) {
    JSON.stringify(item);
    found++;
  }
  return String(Math.min(3, found));
}

const storeOf = async (account: AwsAccount) => await s3Storage({ account, bucket: "backups", prefix: "gold" }).openStore();

const asks: readonly Ask[] = [
  async (account) => `list ${await count((await storeOf(account)).list(""))}`,
  async (account) => {
    const versions = await (await storeOf(account)).versions?.();
    return versions === undefined ? "no versions" : `versions ${await count(versions.list(""))}`;
  },
  async (account) => `head ${String((await (await storeOf(account)).head("data/1")) === undefined)}`,
  async (account) => `get ${String((await (await storeOf(account)).get("data/1")).body.length > 0)}`,
  async (account) => `volumes ${await count(account.compute(region).volumesByTags({ a: "b" }))}`,
  async (account) => `instances ${await count(account.compute(region).instancesByTags({ a: "b" }))}`,
  async (account) => `snapshot ${(await account.compute(region).snapshot("snap-0123456789abcdef0")).state}`,
  async (account) => {
    const reader = await account.openSnapshotReader({ region, snapshotId: "snap-0123456789abcdef0", session: "a" });
    try {
      return `blocks ${await count(reader.blocks())}`;
    } finally {
      await reader.close();
    }
  },
  async (account) => `account ${String((await account.accountId()).length)}`,
];

const s3 = "http://s3.amazonaws.com/doc/2006-03-01/";
const ec2 = "http://ec2.amazonaws.com/doc/2016-11-15/";
/** A bucket without Object Lock. */
const lockless = http("<Error><Code>ObjectLockConfigurationNotFoundError</Code><Message>none</Message></Error>", { status: 404 });
const answers: readonly [ask: number, answer: string][] = [
  [0, http(`<?xml version="1.0"?><ListBucketResult xmlns="${s3}"><Name>backups</Name><Prefix>gold/</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>gold/a%20b</Key><LastModified>2026-11-24T02:00:00.000Z</LastModified><ETag>"a"</ETag><Size>3</Size></Contents><Contents><Key>gold/c</Key><LastModified>2026-11-24T02:00:00.000Z</LastModified><ETag>"b"</ETag><Size>4</Size></Contents></ListBucketResult>`)],
  [0, http(`<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no &amp; no</Message></Error>`, { status: 403 })],
  [1, [http(`<VersioningConfiguration xmlns="${s3}"><Status>Enabled</Status></VersioningConfiguration>`), lockless, http(`<?xml version="1.0"?><ListVersionsResult xmlns="${s3}"><Status>Enabled</Status><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Version><Key>gold/a</Key><VersionId>v2</VersionId><IsLatest>true</IsLatest><LastModified>2026-11-24T02:00:00.000Z</LastModified><ETag>"a"</ETag><Size>3</Size></Version><DeleteMarker><Key>gold/b</Key><VersionId>v3</VersionId><IsLatest>true</IsLatest><LastModified>2026-11-24T02:00:00.000Z</LastModified></DeleteMarker></ListVersionsResult>`)].join(hyphens)],
  [2, http("", { headers: ['etag: "a"', "last-modified: Tue, 24 Nov 2026 02:00:00 GMT", "x-amz-version-id: v", "x-amz-storage-class: GLACIER", 'x-amz-restore: ongoing-request="false", expiry-date="Fri, 23 Dec 2026 00:00:00 GMT"', "x-amz-object-lock-mode: COMPLIANCE", "x-amz-object-lock-retain-until-date: 2027-11-24T02:00:00Z"] })],
  [3, http("body", { headers: ['etag: "a"', "last-modified: Tue, 24 Nov 2026 02:00:00 GMT", "content-range: bytes 0-3/4"] })],
  [4, http(`<DescribeVolumesResponse xmlns="${ec2}"><requestId>r</requestId><volumeSet><item><volumeId>vol-1</volumeId><size>1</size><availabilityZone>eu-west-1a</availabilityZone><volumeType>gp3</volumeType><iops>3000</iops><encrypted>false</encrypted><status>in-use</status><tagSet><item><key>a</key><value>b</value></item></tagSet><attachmentSet><item><instanceId>i-1</instanceId><device>/dev/xvda</device><deleteOnTermination>true</deleteOnTermination></item></attachmentSet></item></volumeSet></DescribeVolumesResponse>`)],
  [5, http(`<DescribeInstancesResponse xmlns="${ec2}"><requestId>r</requestId><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceType>t3.micro</instanceType><launchTime>2026-11-24T02:00:00.000Z</launchTime><rootDeviceName>/dev/xvda</rootDeviceName><instanceState><name>running</name></instanceState><blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-1</volumeId></ebs></item></blockDeviceMapping><tagSet><item><key>a</key><value>b</value></item></tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`)],
  [6, http(`<DescribeSnapshotsResponse xmlns="${ec2}"><requestId>r</requestId><snapshotSet><item><snapshotId>snap-0123456789abcdef0</snapshotId><volumeId>vol-1</volumeId><status>completed</status><startTime>2026-11-24T02:00:00.000Z</startTime><volumeSize>1</volumeSize><encrypted>false</encrypted></item></snapshotSet></DescribeSnapshotsResponse>`)],
  [7, [http(JSON.stringify({ VolumeSize: 1, BlockSize: 524_288, ExpiryTime: 1_795_000_000, Blocks: [{ BlockIndex: 0, BlockToken: "a" }, { BlockIndex: 5, BlockToken: "b" }] }), { headers: ["content-type: application/json"] }), http(JSON.stringify({ VolumeSize: 1, BlockSize: 524_288, ExpiryTime: 1_795_000_000, Blocks: [{ BlockIndex: 0, BlockToken: "a" }, { BlockIndex: 5, BlockToken: "b" }] }), { headers: ["content-type: application/json"] })].join(hyphens)],
  [7, http(JSON.stringify({ __type: "ValidationException", Message: "a", Reason: "INVALID_SNAPSHOT_ID" }), { status: 400, headers: ["content-type: application/json", "x-amzn-errortype: ValidationException:http://a"] })],
  [8, http(`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/a</Arn><UserId>A</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)],
];
const xmlWords = ["<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "&amp;", "&#0;", "&lol;", '<!DOCTYPE a [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>', "<__proto__>1</__proto__>", "<constructor/>", "%zz", "%00", "true", "-1", "1e308", "NaN", "gold/", "<IsTruncated>true</IsTruncated>", "<NextToken>a</NextToken>"];
const headWords = [crlf, "HTTP/1.1 200 OK", "HTTP/1.1 100 Continue\r\n\r\n", "transfer-encoding: chunked\r\n", "content-length: 3\r\n", "content-length: auto\r\n", "content-length: -1\r\n", "content-encoding: gzip\r\n", "etag: \r\n", "0\r\n\r\n", "ffffff\r\n", "location: http://127.0.0.1:1/\r\n", "503"];

/** Making clients takes longer than reading an answer: some inputs have one account together, also one whose connections an earlier answer has spoiled. */
class SharedAccount {
  readonly #inputsPerAccount = 50;
  #account: AwsAccount | undefined;
  #inputs = 0;

  async for(port: number): Promise<AwsAccount> {
    if (this.#inputs++ % this.#inputsPerAccount === 0) await this.close();
    return (this.#account ??= new AwsAccount({ region, endpoint: `http://127.0.0.1:${String(port)}`, credentials: { accessKeyId: "a", secretAccessKey: "b" }, clock: hurriedClock, limits: { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0, totalTimeoutMs: 1_000, attemptTimeoutMs: 2_000, connectTimeoutMs: 1_000, firstByteTimeoutMs: 1_000, bodyIdleTimeoutMs: 1_000 } }));
  }

  async close(): Promise<void> {
    const account = this.#account;
    this.#account = undefined;
    await account?.close();
  }
}

const account = new SharedAccount();
const aws = answering();
const hot = answering();
const hook = answering();
const mail = answering({ speaksFirst: true });
const notification: Notification = { id: "session-a", type: "session:failed", severity: "error", subject: "it failed", text: "it failed\n", html: "<p>it failed</p>", at: "2026-11-24T02:00:00.000Z", facts: {} };
const codeOf = (error: Error): unknown => ("code" in error ? error.code : undefined);

export const answerTargets: readonly FuzzTarget[] = [
  {
    name: "aws-answer",
    weight: 4,
    seeds: () => answers.map(([ask, answer]) => Buffer.concat([Buffer.from([ask]), Buffer.from(answer)])),
    run: async (input) => {
      const server = await aws.server();
      // hyphens end an answer: what follows is the next page
      server.say(pieces(input.subarray(1)).map(withLength));
      return await asks[(input[0] ?? 0) % asks.length]?.(await account.for(server.port));
    },
    tokens: [...xmlWords, ...headWords, hyphens],
    close: async () => {
      await account.close();
      await aws.close();
    },
  },
  {
    // the engine's own HTTP
    name: "http-answer",
    weight: 2,
    seeds: () => [
      Buffer.from(http("abc")),
      Buffer.from(["HTTP/1.1 403 Forbidden", "transfer-encoding: chunked", "", "3", "abc", "5;x=y", "defgh", "0", "a: b", "", ""].join(crlf)),
      Buffer.from(["HTTP/1.1 100 Continue", "", "HTTP/1.1 206 Partial Content", "content-length: auto", "", "ab"].join(crlf)),
      Buffer.from(["HTTP/1.1 500 Server Error", "", "until the end"].join(crlf)),
    ],
    run: async (input) => {
      const server = await hot.server();
      server.say([withLength(input)]);
      const connection = new HttpConnection({ isTls: false, host: "127.0.0.1", port: server.port }, { connectTimeoutMs: 1_000, firstByteTimeoutMs: 1_000, bodyIdleTimeoutMs: 1_000 }, () => undefined);
      try {
        const { status, body } = await connection.send({ head: "GET / HTTP/1.1\r\nhost: a\r\n\r\n", body: [] }, (_head, length) => Buffer.alloc(Math.min(length, 2 ** 20)), undefined);
        return `${String(Math.floor(status / 100))} ${body.length === 0 ? "empty" : "full"}`;
      } finally {
        connection.close();
      }
    },
    // memory that is not as long as the answer is the harness's own: nobody gives a terabyte
    isRefusal: (error) => error instanceof NetworkFailure || (error instanceof RangeError && error.message.includes("bytes of memory were given")) || (error instanceof Error && ["ECONNRESET", "EPIPE"].some((code) => code === codeOf(error))),
    tokens: headWords,
    close: hot.close,
  },
  {
    name: "service-refusal",
    seeds: () => ['<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>a &lt; b</Message><Region>eu-west-1</Region></Error>', '{"__type":"com.amazonaws.ebs#ValidationException","Message":"a","Reason":"b"}', "<html>a proxy's page</html>"].map((text) => Buffer.from(text)),
    run: (input) => {
      const found: string[] = [];
      for (const refusal of [xmlRefusal, jsonRefusal]) {
        const error = refusal({ status: 403, headers: {}, body: input });
        for (const part of [error.name, error.message, error.Reason ?? "", error.Region ?? ""]) if (typeof part !== "string") throw new TypeError("what is no text came out");
        found.push(describeAwsFailure(error)?.kind ?? "none", error.name === "Unknown" ? "unknown" : "named");
      }
      if (({} as Readonly<Record<string, unknown>>)["polluted"] !== undefined) throw new TypeError("the prototype of all objects was changed");
      return found.join(" ");
    },
    tokens: [...xmlWords, '"__proto__":{"polluted":1}', "<__proto__><polluted>1</polluted></__proto__>"],
  },
  {
    name: "webhook-answer",
    seeds: () => [http("ok"), http("no", { status: 503 }), http("", { status: 302, headers: ["location: /elsewhere"] })].map((text) => Buffer.from(text)),
    run: async (input) => {
      const server = await hook.server();
      server.say([withLength(input)]);
      await new WebhookNotifier({ url: `http://127.0.0.1:${String(server.port)}/hook`, timeoutSeconds: 1 }).notify(notification);
      return "sent";
    },
    tokens: headWords,
    close: hook.close,
  },
  {
    // hyphens end what the server says at a time
    name: "smtp-answer",
    seeds: () => [["220 a ESMTP", "250-a\r\n250-8BITMIME\r\n250 SIZE 1000000", "250 ok", "250 ok", "354 go on", "250 taken", "221 bye"], ["220 a", "250 a", "250 ok", "550 no such user", "250 ok", "221 bye"], ["554 not today"]].map((lines) => Buffer.from(lines.map((line) => `${line}${crlf}`).join(hyphens))),
    run: async (input) => {
      const server = await mail.server();
      server.say(pieces(input));
      await new EmailNotifier({ host: "127.0.0.1", port: server.port, security: "none", from: "a@example.com", to: "b@example.com", timeoutSeconds: 1 }).notify(notification);
      return "sent";
    },
    tokens: [crlf, hyphens, "250-", "250 ", "354 ", "421 ", "AUTH PLAIN LOGIN", "SIZE 0", "STARTTLS", "\u0000"],
    close: mail.close,
  },
];
