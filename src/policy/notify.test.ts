import { beforeEach, describe, expect, it } from "vitest";
import type { ManualClock } from "../../test/support/manual-clock.js";
import type { MemoryCloud } from "../../test/support/memory-cloud.js";
import { addGoldInstance, makePolicyBed } from "../../test/support/policy-bed.js";
import { ProviderError } from "../errors/index.js";
import type { Notification, Notifier } from "../ports/index.js";
import type { Repository } from "../repository/repository.js";
import type { PolicyEvent } from "./policy-events.js";
import type { NotifyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";

let clock: ManualClock;
let cloud: MemoryCloud;
let repository: Repository;

beforeEach(async () => {
  ({ clock, cloud, repository } = await makePolicyBed());
  for (const name of ["a", "b"]) addGoldInstance(cloud, name);
});

/** Keeps what it is told; fails as often as it is said. */
class Listener implements Notifier {
  readonly destination = "the listener";
  readonly heard: Notification[] = [];
  failures: Error[] = [];

  async notify(notification: Notification): Promise<void> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.heard.push(notification);
  }
}

function policyFor(...notify: NotifyOptions[]): Policy {
  return new Policy({ name: "gold", account: cloud, include: [{ tag: { backup: "gold" } }], backup: { repository }, retries: 0, notify }, { clock });
}

function breakVolume(name: string): void {
  cloud.onCall = (operation, id) => {
    if (operation === "snapshotInstance" && id === `i-${name}`) throw new ProviderError("broken on purpose\n  i-c: safe", { code: "ProviderFailed", service: "ec2", operation: "CreateSnapshots" });
  };
}

async function eventsOf(session: AsyncIterable<PolicyEvent>): Promise<PolicyEvent[]> {
  const events: PolicyEvent[] = [];
  try {
    for await (const event of session) events.push(event);
  } catch {
    // the run's failure is not what is looked at
  }
  return events;
}

describe("telling people how runs end", () => {
  it("says which resources are backed up and which failed, to those who want to hear it", async () => {
    const [all, unlucky] = [new Listener(), new Listener()];
    const policy = policyFor({ notifier: all, on: ["succeeded", "partial", "failed", "aborted"] }, { notifier: unlucky, on: ["partial"] });
    await policy.run();
    breakVolume("b");
    await expect(policy.run()).rejects.toMatchObject({ code: "ResourcesFailed" });
    expect(all.heard.map(({ type, severity, subject }) => [type, severity, subject])).toEqual([
      ["session:succeeded", "info", "[holdfast] gold: 2 of 2 resources are backed up"],
      ["session:partial", "warning", "[holdfast] gold: 1 of 2 resources failed"],
    ]);
    expect(unlucky.heard.map(({ type }) => type)).toEqual(["session:partial"]);
    expect(all.heard[1]?.text).toContain("  111122223333/eu-west-1/i-b: broken on purpose i-c: safe\n");
    expect(all.heard[1]?.html).toContain("Partly failed");
    expect(all.heard[1]?.id).not.toBe(all.heard[0]?.id);
  });

  it("is in the record, and the policy's run is what it was, whether or not somebody could be told", async () => {
    const [deaf, ill] = [new Listener(), new Listener()];
    const later = new ProviderError("not now", { code: "NotificationRefused", service: "webhook", operation: "POST", retryable: true });
    ill.failures = [later, later];
    deaf.failures = [new ProviderError("never", { code: "NotificationRefused", service: "webhook", operation: "POST" })];
    const events = await eventsOf(policyFor({ notifier: deaf, on: ["succeeded"] }, { notifier: ill, on: ["succeeded"] }).run());
    expect(events.filter(({ type }) => type.startsWith("notification:")).map(({ type }) => type).sort()).toEqual(["notification:failed", "notification:sent"]);
    expect(ill.heard).toHaveLength(1);
    for await (const record of repository.sessions()) {
      expect(record.state).toBe("succeeded");
      expect(record.events.find(({ type }) => type === "notification:failed")).toMatchObject({ destination: "the listener", error: { code: "NotificationRefused", message: "never" } });
    }
  });

  it("does not wait for ever", async () => {
    const stuck: Notifier = { destination: "nowhere", notify: () => new Promise(() => undefined) };
    const session = policyFor({ notifier: stuck, on: ["succeeded"] }).run();
    const ended = eventsOf(session);
    for (let turn = 0; session.state === "running"; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (turn % 50 === 0) clock.advance(60_000);
    }
    expect((await ended).find(({ type }) => type === "notification:failed")).toMatchObject({ error: { code: "NotificationTimedOut" } });
    await session;
  });

  it("tells of a run that could not begin, and not of one that another process does", async () => {
    const listener = new Listener();
    const policy = policyFor({ notifier: listener, on: ["failed", "partial"] });
    cloud.accountId = () => Promise.reject(new ProviderError("no access", { code: "AccessDenied", service: "sts", operation: "GetCallerIdentity" }));
    await expect(policy.run()).rejects.toMatchObject({ code: "AccessDenied" });
    expect(listener.heard).toMatchObject([{ type: "session:failed", facts: { error: { code: "AccessDenied" } } }]);
    const [first, second] = [policy.run(), policy.run()];
    await expect(second).rejects.toMatchObject({ code: "PolicyRunning" });
    await first.catch(() => undefined);
    expect(listener.heard).toHaveLength(2);
  });

  it("takes nothing for a notifier that is none", () => {
    expect(() => policyFor({ notifier: {} as Notifier })).toThrow("notify[0].notifier: must be a notifier, like a WebhookNotifier or an EmailNotifier. It is an object.");
    expect(() => policyFor({ notifier: new Listener(), on: ["always" as "failed"] })).toThrow("notify[0].on[0]: must be one of succeeded, partial, failed, aborted, alert.");
  });
});
