import { getEventListeners } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterEach, describe, expect, it } from "vitest";
import type { Notification } from "../../ports/index.js";
import { notifierConformance } from "../../testing/notifier-conformance.js";
import { EmailNotifier } from "./email-notifier.js";
import type { EmailNotifierOptions } from "./email-options.js";

const servers: SMTPServer[] = [];
const password = "the-password-of-the-mailbox";
const message: Notification = { id: "session-1", type: "session:failed", severity: "error", subject: "it failed", text: "why", html: "<p>why</p>", at: "2026-11-24T02:00:00.000Z", facts: {} };
const addresses = { host: "127.0.0.1", from: "backup@example.com", to: ["a@example.com", "b@example.com"] };

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
});

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly source: string;
}

/** A mail server of another's making, on loopback. */
async function mailServer(options: SMTPServerOptions = {}): Promise<{ port: number; mails: Mail[]; server: SMTPServer }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    hideSTARTTLS: true,
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 1,
    onAuth: (auth, _session, done) => (auth.username === "backup" && auth.password === password ? done(null, { user: "backup" }) : done(Object.assign(new Error(`no: ${password}`), { responseCode: 535 }))),
    onData: (stream, { envelope }, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        mails.push({ from: envelope.mailFrom === false ? "" : envelope.mailFrom.address, to: envelope.rcptTo.map(({ address }) => address), source: Buffer.concat(parts).toString("utf8") });
        done();
      });
    },
    ...options,
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.server.address() as AddressInfo).port, mails, server };
}

/** Subject and text out of a mail's source, by this test's own reading of MIME. */
function read(source: string): { subject: string; text: string; headers: string } {
  const [headers = "", ...rest] = source.split("\r\n\r\n");
  const unfolded = headers.replace(/\r\n[ \t]/g, " ");
  const header = (name: string): string => new RegExp(`^${name}: (.*)$`, "im").exec(unfolded)?.[1] ?? "";
  const body = rest.join("\r\n\r\n");
  const encoding = header("Content-Transfer-Encoding").toLowerCase();
  const bytes = encoding === "base64" ? Buffer.from(body, "base64") : encoding === "quoted-printable" ? fromQuoted(body.replace(/=\r\n/g, "")) : Buffer.from(body);
  return { subject: words(header("Subject")), text: bytes.toString("utf8"), headers: unfolded };
}

function fromQuoted(text: string): Buffer {
  return Buffer.concat(text.split(/(=[0-9A-F]{2})/i).map((part) => (/^=[0-9A-F]{2}$/i.test(part) ? Buffer.from(part.slice(1), "hex") : Buffer.from(part))));
}

/** Encoded words (RFC 2047). */
function words(text: string): string {
  return text
    .replace(/(\?=)\s+(=\?)/g, "$1$2")
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, how: string, value: string) => (how.toLowerCase() === "b" ? Buffer.from(value, "base64") : fromQuoted(value.replaceAll("_", " "))).toString("latin1"))
    .replace(/[\x80-\xff]+/g, (bytes) => Buffer.from(bytes, "latin1").toString("utf8"));
}

describe("an e-mail", () => {
  notifierConformance({
    test: it,
    open: async () => {
      let how: "later" | "forever" | "stall" | undefined;
      const { port, mails } = await mailServer({
        onMailFrom: (_address, _session, done) => {
          if (how === undefined) done();
          else if (how !== "stall") done(Object.assign(new Error("no"), { responseCode: how === "later" ? 451 : 550 }));
        },
      });
      return {
        notifier: new EmailNotifier({ ...addresses, port, security: "none", user: "backup", password }),
        received: async () => mails.map(({ source }) => read(source)),
        refuse: (given) => {
          how = given;
        },
        stall: () => {
          how = "stall";
        },
        secrets: [password, Buffer.from(password).toString("base64")],
      };
    },
  });

  it("goes to everybody, with the text, the HTML, and an id that stays the same", async () => {
    const { port, mails } = await mailServer();
    await new EmailNotifier({ ...addresses, port, security: "none" }).notify(message);
    expect(mails).toMatchObject([{ from: "backup@example.com", to: ["a@example.com", "b@example.com"] }]);
    const source = mails[0]?.source ?? "";
    expect(source).toContain("Message-ID: <session-1@example.com>");
    expect(source).toContain("Auto-Submitted: auto-generated");
    expect(source).toContain("Date: Tue, 24 Nov 2026 02:00:00 +0000");
    expect(source).toContain("<p>why</p>");
  });

  it("leaves no listener on its signal, which may outlive many messages", async () => {
    const { port } = await mailServer();
    const { signal } = new AbortController();
    await new EmailNotifier({ ...addresses, port, security: "none" }).notify(message, { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("is not sent in the clear unless that is asked for, and no password either", async () => {
    const { port, mails } = await mailServer({ disabledCommands: ["STARTTLS"] });
    await expect(new EmailNotifier({ ...addresses, port, user: "backup", password }).notify(message)).rejects.toMatchObject({ code: "InsecureServer" });
    // a certificate that nobody trusts
    const own = await mailServer({ hideSTARTTLS: false });
    await expect(new EmailNotifier({ ...addresses, port: own.port, user: "backup", password }).notify(message)).rejects.toMatchObject({ code: "Unreachable" });
    expect([...mails, ...own.mails]).toEqual([]);
  });

  it("names a wrong password as such, and repeats it nowhere", async () => {
    const { port } = await mailServer({ authOptional: false });
    const error: unknown = await new EmailNotifier({ ...addresses, port, security: "none", user: "backup", password: () => Promise.resolve("wrong") }).notify(message).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "LoginRefused" });
    expect(String(error)).not.toContain(password);
  });

  it("says so where some addresses are refused", async () => {
    const { port } = await mailServer({ onRcptTo: ({ address }, _session, done) => (address.startsWith("b@") ? done(Object.assign(new Error("unknown"), { responseCode: 550 })) : done()) });
    await expect(new EmailNotifier({ ...addresses, port, security: "none" }).notify(message)).rejects.toMatchObject({ code: "RecipientsRefused", retryable: false });
  });

  it.each<[Partial<EmailNotifierOptions>, string]>([
    [{ host: "a b" }, "host: must be the name or address of a mail server."],
    [{ to: "a@example.com\r\nBcc: b@example.com" }, "to[0]: must be an e-mail address."],
    [{ to: [] }, "to: must be an e-mail address, or 1 to 50 of them."],
    [{ from: "Backup <backup@example.com>" }, "from: must be an e-mail address."],
    [{ user: "backup" }, "password: is missing: give both or none of user and password."],
    [{ port: 0 }, "port: must be a whole number from 1 to 65535."],
    [{ security: "ssl" as "tls" }, 'security: must be "starttls", "tls" or "none".'],
    [{ pass: "x" } as object, "pass: is no option of e-mails; the options are host, port, security, user, password, from, to, timeoutSeconds, ca."],
  ])("refuses %j", (options, text) => {
    expect(() => new EmailNotifier({ ...addresses, ...options })).toThrow(text);
  });
});
