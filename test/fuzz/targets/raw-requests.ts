import { connect } from "node:net";
import { SpotNotice } from "../../../src/composition/mover/spot-notice.js";
import { LocalCloud } from "../../../src/local/index.js";
import { MetadataServer } from "../../../src/local/instances/metadata/metadata-server.js";
import { LocalClock } from "../../../src/local/local-clock.js";
import { AnsweringServer } from "../answering-server.js";
import type { FuzzTarget } from "../target.js";

// Requests as bytes, which no client would send, to what listens on this machine; and what an instance's metadata service answers.

const hyphens = "----";
const maxWaitMs = 5_000;

/** Says all at once and hears all until the server hangs up. */
async function answersTo(port: number, bytes: Buffer): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    const heard: Buffer[] = [];
    const socket = connect({ host: "127.0.0.1", port }, () => socket.end(bytes));
    socket.setTimeout(maxWaitMs, () => socket.destroy(new Error(`no end within ${String(maxWaitMs)} ms`)));
    socket.on("data", (piece) => heard.push(piece));
    socket.on("error", (error) => ("code" in error && ["ECONNRESET", "EPIPE"].includes(String(error.code)) ? resolve("reset") : reject(error)));
    socket.on("close", () => resolve(Buffer.concat(heard).toString("latin1")));
  });
}

const statusesOf = (answers: string): string => [...answers.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status).slice(0, 4).join(" ");
/** How many requests the bytes may be at most, however they are read. */
const requestsIn = (bytes: Buffer): number => bytes.toString("latin1").split(/HTTP\/1/i).length;

const heads = [
  "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
  "PUT /bucket/key HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n",
  "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5;a=b\r\nabcde\r\n0\r\nx: y\r\n\r\nGET /b HTTP/1.1\r\nhost: b\r\nconnection: close\r\n\r\n",
  "PUT /bucket/key?x=%zz HTTP/1.1\r\nhost: a\r\nauthorization: AWS4-HMAC-SHA256 Credential=a/20261124/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=a\r\nx-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\nabc",
];
const headWords = ["\r\n", "\n", "\r", " ", "HTTP/1.1", "HTTP/1.0", "content-length: 1\r\n", "content-length: +1\r\n", "transfer-encoding: chunked\r\n", "transfer-encoding: identity\r\n", "host: b\r\n", "connection: keep-alive\r\n", "expect: 100-continue\r\n", "upgrade: websocket\r\n", "\u0000", "%00", "http://other/", "*", "0\r\n\r\n"];
const tokenHeads = ["PUT /latest/api/token HTTP/1.1\r\nhost: 169.254.169.254\r\nx-aws-ec2-metadata-token-ttl-seconds: 60\r\ncontent-length: 0\r\n\r\n", "GET /latest/meta-data/instance-id HTTP/1.1\r\nhost: 127.0.0.1\r\nx-aws-ec2-metadata-token: TOKEN\r\n\r\n", "GET /2021-07-15/user-data/ HTTP/1.1\r\nhost: evil.example\r\n\r\n", "GET /latest/%6deta-data/..%2f..%2fetc/passwd HTTP/1.1\r\nx-forwarded-for: a\r\n\r\n"];

const secret = "a-secret-of-the-instance";
let cloud: Promise<LocalCloud> | undefined;
let metadata: Promise<{ readonly server: MetadataServer; readonly port: number }> | undefined;
let service: Promise<AnsweringServer> | undefined;

async function startMetadata(): Promise<{ readonly server: MetadataServer; readonly port: number }> {
  const settings = { httpTokens: "required", hopLimit: 1, httpEndpoint: "enabled", httpProtocolIpv6: "disabled", instanceMetadataTags: "disabled" };
  const server = new MetadataServer({ clock: new LocalClock(), settings: () => settings, lookUp: (path) => (path.startsWith("meta-data") ? secret : undefined) });
  return { server, port: Number(new URL(await server.listen()).port) };
}

export const rawRequestTargets: readonly FuzzTarget[] = [
  {
    // nothing of it is signed: no operation may be carried out
    name: "cloud-request",
    weight: 2,
    seeds: () => heads.map((head) => Buffer.from(head)),
    run: async (input) => {
      const { endpoint, calls } = await (cloud ??= LocalCloud.start({ durable: false })).then((started) => ({ endpoint: started.connection({ region: "eu-west-1" }).endpoint, calls: started.calls }));
      const before = calls.list().length;
      const answers = await answersTo(Number(new URL(endpoint).port), input);
      for (const call of calls.list().slice(before)) {
        if (call.failure !== undefined) throw new Error("a mistake in the cloud", { cause: call.failure });
        if (call.errorCode === undefined) throw new Error(`${call.operation} was carried out for a stranger`);
      }
      const statuses = statusesOf(answers);
      if (/\b(200|204|500)\b/.test(statuses)) throw new Error(`a stranger was answered with ${statuses}`);
      if ([...answers.matchAll(/HTTP\/1\.1 [2-5]/g)].length > requestsIn(input)) throw new Error(`${statuses} for fewer requests`);
      return statuses;
    },
    isRefusal: () => false,
    tokens: headWords,
    close: async () => {
      await (await cloud)?.close();
      cloud = undefined;
    },
  },
  {
    name: "metadata-request",
    seeds: () => tokenHeads.map((head) => Buffer.from(head)),
    run: async (input) => {
      const { port } = await (metadata ??= startMetadata());
      const answers = await answersTo(port, input);
      if (answers.includes(secret)) throw new Error("somebody without a token was told");
      return statusesOf(answers);
    },
    isRefusal: () => false,
    tokens: [...headWords, "/latest/meta-data/", "x-aws-ec2-metadata-token: \r\n", "host: 169.254.169.254:80\r\n"],
    close: async () => {
      await (await metadata)?.server.close();
      metadata = undefined;
    },
  },
  {
    // hyphens end an answer
    name: "spot-notice",
    seeds: () => [["HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\ntoken", 'HTTP/1.1 200 OK\r\ncontent-length: 22\r\nconnection: close\r\n\r\n{"action":"terminate"}'], ["HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\ntoken", "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"], ["HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n"]].map((answers) => Buffer.from(answers.join(hyphens))),
    run: async (input) => {
      const server = await (service ??= AnsweringServer.start());
      server.say(input.toString("latin1").split(hyphens).map((answer) => Buffer.from(answer, "latin1")));
      const warnings: string[] = [];
      const notice = new SpotNotice(`http://127.0.0.1:${String(server.port)}`, { debug: () => undefined, info: () => undefined, warn: (message) => void warnings.push(message), error: () => undefined });
      return `${String(await notice.isGiven())} ${String(warnings.length)}`;
    },
    isRefusal: () => false,
    tokens: headWords,
    close: async () => {
      await (await service)?.close();
      service = undefined;
    },
  },
];
