import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ResourceResult } from "../session-result.js";
import type { SessionRecord } from "../../repository/history/session-record.js";
import { coverageReport } from "./coverage-report.js";
import { html } from "./html.js";
import { policyReport } from "./policy-report.js";
import { sessionReport } from "./session-report.js";
import { agoText, bytesText, durationText, numberText, percentText } from "../../printing/words.js";

const hostile = `"'\`><img src=https://evil.example/x onerror=alert(1)></title></style><script>alert(1)</script>&amp;\u202e\u0000`;
const dayMs = 86_400_000;
const startMs = Date.parse("2026-11-24T02:00:00Z");

function resource(id: string, minute: number, more: Partial<ResourceResult> = {}): ResourceResult {
  const startedAt = new Date(startMs + minute * 60_000).toISOString();
  const blocks = { changed: 512, removed: 0, read: 512, resumed: 0, zero: 10, known: 100, stored: 402, healed: 0, audited: 8 };
  const volume = { volumeId: `vol-${id}`, snapshotId: "snap-1", sizeBytes: 8 * 2 ** 30, method: "incremental" as const, blocks, storedBytes: 90 * 2 ** 20, startedAt, endedAt: startedAt, durationMs: 60_000 };
  return { resource: `111122223333/eu-west-1/${id}`, kind: "instance", outcome: "succeeded", point: `point-of-${id}`, volumes: [volume], warnings: [], attempts: 1, startedAt, endedAt: startedAt, durationMs: 60_000 * (minute + 1), ...more };
}

function record(day: number, resources: readonly ResourceResult[], more: Partial<SessionRecord> = {}): SessionRecord {
  const startedAt = new Date(startMs + day * dayMs).toISOString();
  const requests = [{ service: "ebs", operation: "GetSnapshotBlock", region: "eu-west-1", requests: 1_234, throttled: 5, failed: 0 }];
  return { session: String(day).padStart(32, "0"), policy: "gold", state: "succeeded", startedAt, endedAt: new Date(Date.parse(startedAt) + 600_000).toISOString(), requests, result: { session: "1", policy: "gold", repository: "s3://backups", startedAt, endedAt: startedAt, durationMs: 1, resources }, events: [{ type: "session:started", at: startedAt, policy: hostile }], ...more };
}

const failed = resource("i-b", 1, { outcome: "failed", point: undefined, volumes: [], error: { name: "ProviderError", message: `Allow ec2:CreateSnapshots. ${hostile}`, code: "AccessDenied" } });
const unlucky = record(1, [resource("i-a", 0), failed], { state: "failed", error: { name: "PartialFailureError", message: hostile, code: "ResourcesFailed" } });
const now = new Date(startMs + 20 * dayMs);

const documents = {
  session: sessionReport(unlucky),
  "session of no resource": sessionReport({ session: "0".repeat(32), kind: "verification", state: "succeeded", startedAt: now.toISOString(), endedAt: now.toISOString(), result: { isHealthy: false, findings: [{ object: hostile, problem: hostile, endangers: hostile }] }, events: [] }),
  policy: policyReport({ policy: hostile, now, records: [record(0, [resource(hostile, 0)]), unlucky, record(2, [])], nextRuns: [now], alerts: [{ title: "the run failed", subject: hostile, text: hostile, raisedAt: now.toISOString() }] }),
  coverage: coverageReport({
    policy: "gold",
    repository: "s3://backups",
    now,
    resources: [
      { resource: hostile, name: hostile, kind: "instance", isSelected: true, points: [{ id: "1", createdAt: new Date(startMs), flags: ["daily", "monthly"], lockedUntil: new Date(startMs + 90 * dayMs) }, { id: "0", createdAt: new Date(startMs - 100 * dayMs), flags: ["yearly"] }] },
      { resource: "111122223333/eu-west-1/i-new", kind: "instance", isSelected: true, points: [] },
    ],
    unprotected: [{ resource: hostile, kind: "volume", name: hostile, reason: hostile }],
  }),
};

describe("a report", () => {
  it.each(Object.entries(documents))("of a %s loads nothing, runs nothing, and shows hostile names as text", (_, document) => {
    // whatever is a tag or an attribute is ours: what came from outside has no angle bracket or quote left
    const tags = [...document.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
    expect(tags.filter((tag) => /<(script|img|iframe|object|embed|link|base|form|a)\b|\son\w+=|\sstyle=|\s(src|href|xlink:href)=/i.test(tag))).toEqual([]);
    expect(document.match(/<style>/g)).toHaveLength(1);
    expect(document.match(/<\/title>\n/g)).toHaveLength(1);
    expect(document).not.toContain(hostile);
    expect(document).not.toMatch(/(?![\t\n])\p{Cc}|\u202e/u);
    expect(document).not.toMatch(/url\(|@import/);
    expect(document).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  it("forbids by its own policy whatever else would be loaded, and names its style by the hash", () => {
    const style = /<style>([^]*?)<\/style>/.exec(documents.session)?.[1] ?? "";
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(documents.session)?.[1]?.replaceAll("&#39;", "'");
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; form-action 'none'`);
  });

  it("of a session says what became of each resource, failures first and with what to do", () => {
    const { session } = documents;
    expect(session.indexOf("i-b")).toBeLessThan(session.indexOf("i-a"));
    for (const text of ["Partly failed", "1 of 2", "Allow ec2:CreateSnapshots.", "(AccessDenied)", "point-of-i-a", "read 256 MiB, stored 90.0 MiB", "ebs:GetSnapshotBlock", "5 throttled"]) expect(session).toContain(text);
  });

  it("of a policy says how its runs went", () => {
    for (const text of ["2 of 3", "1 standing alert", "usual duration", "Change since the run before"]) expect(documents.policy).toContain(text);
  });

  it("of coverage names what is not protected before all else, and each point with its flags, its lock and its day", () => {
    const { coverage } = documents;
    expect(coverage.indexOf("that no policy protects")).toBeLessThan(coverage.indexOf("Restore points, day by day"));
    expect(coverage.indexOf("No restore point")).toBeLessThan(coverage.indexOf("24 Nov 2026, 02:00"));
    for (const text of ["2 resources without protection", "24 Nov 2026, 02:00; daily, monthly; locked until 22 Feb 2027", "16 Aug 2026 <b>Y</b>", 'class="lock"']) expect(coverage).toContain(text);
  });
});

describe("a template of HTML", () => {
  it("escapes what is put in, once, and leaves its own pieces", () => {
    const inner = html`<b title="${`"a" & 'b'`}">${"<i>"}</b>`;
    expect(html`<p>${inner}${[inner]}${undefined}${false}${3}</p>`.text).toBe('<p><b title="&quot;a&quot; &amp; &#39;b&#39;">&lt;i&gt;</b><b title="&quot;a&quot; &amp; &#39;b&#39;">&lt;i&gt;</b>3</p>');
  });
});

describe("words for numbers", () => {
  it("are as people read them", () => {
    expect([0, 1_023, 1_024, 1_536 * 1_024, 200 * 2 ** 30].map(bytesText)).toEqual(["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "200 GiB"]);
    expect([12, 1_000, 61_000, 3_600_000, 7_500_000, 200_000_000].map(durationText)).toEqual(["12 ms", "1 s", "1 min 1 s", "1 h", "2 h 5 min", "2 days"]);
    expect([0, 0.004, 0.5, 1].map(percentText)).toEqual(["0 %", "0.4 %", "50 %", "100 %"]);
    expect(numberText(1_234_567)).toBe("1\u202f234\u202f567");
    expect(agoText(new Date(0), new Date(3_600_000))).toBe("1 h ago");
  });
});
