import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { newRepository } from "../../test/support/backup-world.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { ConfigurationError } from "../errors/index.js";
import { policyJsonSchema } from "./policy-document-schema.js";
import type { PolicyDocument } from "./policy-document.js";
import { Policy } from "./policy.js";

const { repository } = await newRepository();
const { repository: archive } = await newRepository();
const production = new MemoryCloud(new ManualClock());
const vault = new MemoryCloud(new ManualClock());
const freeze = { before: () => undefined };
const pager = { destination: "the pager", notify: () => Promise.resolve() };
const references = { notifiers: { pager }, accounts: { production, vault }, repositories: { main: repository, archive }, hooks: { freeze } };

const document: PolicyDocument = {
  version: 1,
  name: "gold",
  account: "production",
  regions: ["eu-west-1"],
  include: [{ tag: { backup: "gold" } }, { anyTag: { a: "1", b: "2" } }, { all: true }],
  exclude: [{ volume: "vol-0def" }],
  schedule: { daily: { hours: [2], days: "weekdays" }, weekly: { on: ["sunday"] }, monthly: { on: "last friday" }, timeZone: "Europe/Oslo", window: { from: "22:00", to: "06:00" } },
  snapshots: { keep: 3, lock: { mode: "compliance", days: 30, coolOffHours: 24 } },
  replicas: [{ region: "eu-north-1", keep: 3, account: "vault", kmsKeyId: "alias/replica", lock: { mode: "governance", days: 7 } }],
  backup: { repository: "main", retention: { daily: 7, weekly: 4, monthly: { keep: 12 }, yearly: 7 } },
  archive: { repository: "archive", retention: { yearly: 10 }, flags: ["yearly"] },
  hooks: "freeze",
  retries: 2,
  compliance: { encrypted: true, keepDays: 30 },
  alerts: { missedAfterMinutes: 90, pointOlderThanHours: 36 },
  notify: [{ notifier: "pager", on: ["failed", "succeeded"] }],
  sessions: { keepDays: 30 },
  parallel: 4,
};

describe("a policy as JSON", () => {
  it("means the same after going out and in again, with the schedule's days and zone in its retention", () => {
    const policy = Policy.fromJSON(document, references);
    const out = policy.toJSON(references);
    expect(out).toEqual({
      ...document,
      backup: {
        repository: "main",
        retention: { daily: { keep: 7, points: "all" }, weekly: { keep: 4, on: "sunday" }, monthly: { keep: 12, on: "last friday" }, yearly: { keep: 7, in: 1, on: 1 }, timeZone: "Europe/Oslo" },
      },
      archive: { repository: "archive", retention: { yearly: { keep: 10, in: 1, on: 1 }, timeZone: "Europe/Oslo" }, flags: ["yearly"] },
    });
    expect(Policy.fromJSON(JSON.parse(JSON.stringify(out)), references).toJSON(references)).toEqual(out);
    expect(JSON.parse(JSON.stringify(policy))).toMatchObject({ account: "default", backup: { repository: "memory" } });
  });

  it("names several accounts with the regions of each", () => {
    const { account: _, regions, ...rest } = document;
    const several = { ...rest, accounts: [{ account: "production", regions }, { account: "vault", regions: ["eu-south-1"] }], replicas: [{ region: "eu-north-1", keep: 3 }] };
    const out = Policy.fromJSON(several, references).toJSON(references);
    expect(out).toMatchObject({ accounts: several.accounts, replicas: several.replicas });
    expect([out.account, out.regions]).toEqual([undefined, undefined]);
    expect(Policy.fromJSON(JSON.parse(JSON.stringify(out)), references).toJSON(references)).toEqual(out);
    expect(() => Policy.fromJSON({ ...several, accounts: [{ account: "staging" }] }, references)).toThrow('accounts[0].account: names "staging", which is not among the references: production, vault.');
    expect(() => Policy.fromJSON({ ...several, account: "vault" }, references)).toThrow('accounts: must not be given beside "account"');
  });

  it.each([
    [{ account: "staging" }, 'account: names "staging", which is not among the references: production, vault.'],
    [{ backup: { repository: "toString" } }, 'backup.repository: names "toString", which is not among the references: main, archive.'],
    [{ notify: [{ notifier: "siren" }] }, 'notify[0].notifier: names "siren", which is not among the references: pager.'],
    [{ workers: "pool" }, 'workers: names "pool", which is not among the references: there are none.'],
    [{ version: 2 }, "version: must be 1. It is 2."],
    [{ schedule: { daily: { hours: [25] } } }, "schedule.daily.hours[0]: must be an hour of the day, 0 to 23. It is 25."],
    [{ backup: { repository: "main", retention: { daily: -1 } } }, "backup.retention.daily: must be a whole number from 1 to 36500. It is -1."],
    [{ include: [{ tags: { a: "b" } }] }, "include[0].tags: is not known in include[0]; the options are instance, volume, tag, anyTag, region, account, all. It is an object."],
    [{ retrys: 1 }, "retrys: is no option of a policy's JSON; the options are version, name, account, accounts, regions, include, exclude, schedule, snapshots, replicas, backup, archive, verify, hooks, workers, retries, compliance, alerts, notify, sessions, parallel. It is 1."],
  ])("is refused by path where it is wrong: %j", (change, message) => {
    expect(() => Policy.fromJSON({ ...document, ...change }, references)).toThrow(expect.objectContaining({ name: ConfigurationError.name, message }) as Error);
  });

  it("has a published schema", async () => {
    const schema = policyJsonSchema();
    expect(JSON.parse(await readFile(new URL("../../docs/policy.schema.json", import.meta.url), "utf8"))).toEqual(schema);
    expect(schema).toMatchObject({ title: "holdfast policy", type: "object", required: ["version", "name", "include", "backup"], additionalProperties: false });
    const { properties } = schema as { properties: Record<string, { properties?: Record<string, unknown> }> };
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(document)));
    expect(properties["schedule"]?.properties).toMatchObject({ daily: { properties: { hours: { items: { minimum: 0, maximum: 23 } } } } });
    expect(properties["backup"]?.properties).toMatchObject({ retention: { properties: { weekly: { anyOf: [{ type: "integer", minimum: 1 }, { required: ["keep"], properties: { on: { enum: expect.arrayContaining(["sunday"]) as unknown } } }] } } } });
    expect(JSON.stringify(schema)).not.toContain(":{}");
  });
});
