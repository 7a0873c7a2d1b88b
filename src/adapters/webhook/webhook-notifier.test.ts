import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Notification } from "../../ports/index.js";
import { notifierConformance } from "../../testing/notifier-conformance.js";
import { WebhookNotifier } from "./webhook-notifier.js";
import type { WebhookNotifierOptions } from "./webhook-options.js";

const servers: Server[] = [];
const secret = "a-secret-of-the-receiver";
const message: Notification = { id: "session-1", type: "session:failed", severity: "error", subject: "s", text: "t", at: "2026-11-24T02:00:00.000Z", facts: {} };

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver on loopback that answers as it is told. */
async function receiver(answer: (response: ServerResponse) => void = (response) => response.writeHead(204).end()): Promise<{ url: string; calls: Call[] }> {
  const calls: Call[] = [];
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      calls.push({ headers: incoming.headers, body: Buffer.concat(parts).toString("utf8") });
      answer(response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hooks/token-in-the-path?key=token-in-the-query`, calls };
}

describe("a web hook", () => {
  notifierConformance({
    test: it,
    open: async () => {
      let answer = (response: ServerResponse): void => void response.writeHead(204).end();
      const { url, calls } = await receiver((response) => answer(response));
      let isRefusing = false;
      return {
        notifier: new WebhookNotifier({ url, secret, headers: { authorization: "Bearer token-in-a-header" } }),
        received: async () => (isRefusing ? [] : calls.map(({ body }) => JSON.parse(body) as Notification)),
        refuse: (how) => {
          isRefusing = true;
          answer = (response) => void response.writeHead(how === "later" ? 503 : 403).end("token-in-the-query");
        },
        stall: () => {
          answer = () => undefined;
        },
        secrets: [secret, "token-in-the-path", "token-in-the-query", "token-in-a-header"],
      };
    },
  });

  it("is signed, so that the receiver knows who sent it and when", async () => {
    const { url, calls } = await receiver();
    await new WebhookNotifier({ url, secret, headers: { "x-team": "backup" } }).notify(message);
    const [call] = calls;
    const [, seconds = "", signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(call?.headers["holdfast-signature"])) ?? [];
    expect(signature).toBe(createHmac("sha256", secret).update(`${seconds}.${call?.body ?? ""}`).digest("hex"));
    expect(Math.abs(Number(seconds) * 1_000 - Date.now())).toBeLessThan(60_000);
    expect(call?.headers).toMatchObject({ "content-type": "application/json", "holdfast-notification": "session-1", "x-team": "backup" });
    expect(JSON.parse(call?.body ?? "")).toEqual(message);
  });

  it("is told apart from another of the same service, by nothing that leads there", () => {
    const [one, other, again] = ["/T1/secret-a", "/T1/secret-b", "/T1/secret-a"].map((path) => new WebhookNotifier({ url: `https://hooks.example.com${path}` }).destination);
    expect(one).toBe(again);
    expect(one).not.toBe(other);
    expect(one).toMatch(/^webhook https:\/\/hooks\.example\.com #[0-9a-f]{6}$/);
  });

  it("follows no redirect", async () => {
    const inside = await receiver();
    const { url } = await receiver((response) => response.writeHead(307, { location: inside.url }).end());
    await expect(new WebhookNotifier({ url, secret }).notify(message)).rejects.toMatchObject({ code: "NotificationRedirected", retryable: false });
    expect(inside.calls).toEqual([]);
  });

  it("is not misled by the environment's proxies", async () => {
    const proxy = await receiver();
    const { url, calls } = await receiver();
    for (const name of ["HTTP_PROXY", "http_proxy"]) vi.stubEnv(name, new URL(proxy.url).origin);
    try {
      await new WebhookNotifier({ url }).notify(message);
    } finally {
      vi.unstubAllEnvs();
    }
    expect([calls.length, proxy.calls.length]).toEqual([1, 0]);
  });

  it("gives up on a receiver that does not answer in time, or sends without end", async () => {
    const { url } = await receiver(() => undefined);
    await expect(new WebhookNotifier({ url, timeoutSeconds: 1 }).notify(message)).rejects.toMatchObject({ code: "TimedOut", retryable: true });
  });

  it.each<[Partial<WebhookNotifierOptions>, string]>([
    [{ url: "ftp://example.com" }, "url: must be an https or http URL."],
    [{ url: "file:///etc/passwd" }, "url: must be an https or http URL."],
    [{ url: "https://user:password@example.com" }, "url: must be without user and password; give an authorisation in headers."],
    [{ secret: "short" }, "secret: must be a text of 16 characters or more."],
    [{ headers: { host: "other" } }, "headers.host: is no header that can be set here."],
    [{ headers: { "x-a": "b\r\nx-c: d" } }, "headers.x-a: must be a text of printable ASCII characters."],
    [{ timeoutSeconds: 0 }, "timeoutSeconds: must be a number from 1 to 120."],
    [{ uri: "x" } as object, "uri: is no option of a web hook; the options are url, secret, headers, timeoutSeconds, clock."],
  ])("refuses %j", (options, text) => {
    expect(() => new WebhookNotifier({ url: "https://example.com", ...options })).toThrow(text);
  });
});
