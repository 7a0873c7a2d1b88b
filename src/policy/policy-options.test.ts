import { describe, expect, it } from "vitest";
import { newRepository } from "../../test/support/backup-world.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { ConfigurationError } from "../errors/index.js";
import type { PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";

const { repository } = await newRepository();
const { repository: other } = await newRepository();
const cloud = new MemoryCloud(new ManualClock());
const vault = new MemoryCloud(new ManualClock());
const right: PolicyOptions = { name: "gold", account: cloud, include: [{ instance: "i-0abc" }], backup: { repository } };

function messageFor(change: object): string {
  try {
    new Policy({ ...right, ...change });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return "";
}

describe("the options of a policy", () => {
  it("are accepted when they are right", () => {
    const tag = { tag: { backup: "gold", env: "prod*" } };
    expect(messageFor({ regions: ["eu-west-1", "us-gov-west-1"], include: [tag, { volume: "vol-0def" }], exclude: [tag], snapshots: { keep: 3 }, retries: 0 })).toBe("");
  });

  it.each([
    [{ name: "" }, 'name: must be a name of up to 100 letters, digits, spaces and + - = . _ : / @. It is "".'],
    [{ name: "gold*" }, 'name: must be a name of up to 100 letters, digits, spaces and + - = . _ : / @. It is "gold*".'],
    [{ account: {} }, "account: must be an AwsAccount. It is an object."],
    [{ account: undefined }, 'account: must be an AwsAccount; several are named in "accounts" in its place. It is missing.'],
    [{ accounts: [{ account: cloud }] }, 'accounts: must not be given beside "account": make that one of them.'],
    [{ account: undefined, accounts: [] }, "accounts: must name at least one account. It is an empty list."],
    [{ account: undefined, accounts: [cloud] }, "accounts[0].account: must be an AwsAccount. It is missing."],
    [{ account: undefined, accounts: [{ account: cloud, regions: ["Ireland"] }] }, 'accounts[0].regions[0]: must be a region, like "eu-west-1". It is "Ireland".'],
    [{ account: undefined, accounts: [{ account: cloud }, { account: cloud, regions: ["eu-north-1"] }] }, "accounts[1].account: must not be named twice: name all of its regions in one place."],
    [{ account: undefined, accounts: [{ account: cloud, regions: ["eu-north-1"] }, { account: vault }], replicas: [{ region: "eu-north-1", keep: 1 }] }, 'replicas[0].region: must not be a region of the policy itself, unless the replica is another account\'s. It is "eu-north-1".'],
    [{ account: undefined, accounts: [{ account: cloud }, { account: vault }], replicas: [{ region: "eu-north-1", keep: 1 }, { region: "eu-north-1", keep: 1, account: vault }] }, 'replicas[1]: must not be the second in one region and account. It is in "eu-north-1".'],
    [{ regions: [] }, "regions: must name at least one region. It is an empty list."],
    [{ regions: ["eu-west-1", "Ireland"] }, 'regions[1]: must be a region, like "eu-west-1". It is "Ireland".'],
    [{ regions: ["eu-west-1", "eu-west-1"] }, "regions: must not name a region twice. It is a list."],
    [{ include: [] }, "include: must have at least one entry: a policy without selects nothing. It is an empty list."],
    [{ include: ["i-0abc"] }, 'include[0]: must be one of { instance: "i-…" }, { volume: "vol-…" }, { tag: { key: "value" } }, { anyTag: { key: "value" } }, { region }, { account } and { all: true }. It is "i-0abc".'],
    [{ include: [{}] }, 'include[0]: must be one of { instance: "i-…" }, { volume: "vol-…" }, { tag: { key: "value" } }, { anyTag: { key: "value" } }, { region }, { account } and { all: true }. It is an object.'],
    [{ include: [{ instance: "i-1", volume: "vol-1" }] }, 'include[0]: must be one of { instance: "i-…" }, { volume: "vol-…" }, { tag: { key: "value" } }, { anyTag: { key: "value" } }, { region }, { account } and { all: true }. It is an object.'],
    [{ include: [{ instance: "vol-1" }] }, 'include[0].instance: must be the id of an instance: "i-" and hexadecimal digits. It is "vol-1".'],
    [{ include: [{ tag: {} }] }, "include[0].tag: must name at least one tag. It is an object."],
    [{ include: [{ tag: { a: 1 } }] }, "include[0].tag.a: must be a string: the tag's value. It is 1."],
    [{ include: [{ tags: { a: "1" } }] }, "include[0].tags: is not known in include[0]; the options are instance, volume, tag, anyTag, region, account, all. It is an object."],
    [{ exclude: [{ volume: "v" }] }, 'exclude[0].volume: must be the id of a volume: "vol-" and hexadecimal digits. It is "v".'],
    [{ snapshots: { keep: -1 } }, "snapshots.keep: must be a whole number from 0 to 1000. It is -1."],
    [{ snapshots: 3 }, "snapshots: must be an object { keep, lock }. It is 3."],
    [{ snapshots: { lock: { mode: "legal", days: 1 } } }, 'snapshots.lock.mode: must be "governance" or "compliance". It is "legal".'],
    [{ snapshots: { lock: { mode: "governance", days: 36_501 } } }, "snapshots.lock.days: must be a whole number from 1 to 36500. It is 36501."],
    [{ snapshots: { lock: { mode: "compliance", days: 1, coolOffHours: 73 } } }, "snapshots.lock.coolOffHours: must be a whole number from 1 to 72. It is 73."],
    [{ replicas: [{ region: "eu-north-1", keep: 1, lock: { mode: "governance", days: 1, coolOffHours: 1 } }] }, 'replicas[0].lock.coolOffHours: is for the mode "compliance" alone: who may can unlock the other at any time. It is 1.'],
    [{ replicas: [{ region: "eu-north-1", keep: 1, lock: 30 }] }, "replicas[0].lock: must be an object { mode, days }. It is 30."],
    [{ backup: undefined }, "backup: must be an object { repository }. It is missing."],
    [{ backup: { repository: "s3://bucket" } }, 'backup.repository: must be a Repository, from Repository.create or Repository.open. It is "s3://bucket".'],
    [{ retries: 1.5 }, "retries: must be a whole number from 0 to 10. It is 1.5."],
    [{ workers: {} }, "workers: must be workers, from WorkerPool.inProcess(). It is an object."],
    [{ schedule: { daily: { hours: [2], timeZone: "UTC" } } }, 'schedule.daily.timeZone: is not known in schedule.daily; the options are hours, days, runsPerHour. It is "UTC".'],
    [{ schedule: { timeZone: "Europe/Oslo" } }, "schedule: must hold at least one of daily, weekly, monthly, yearly and cron. It is an object."],
    [{ backup: { repository, retention: { weekly: { keep: 0 } } } }, "backup.retention.weekly.keep: must be a whole number from 1 to 36500. It is 0."],
    [{ backup: { repository, retention: 7 } }, "backup.retention: must be a Retention, or its rules. It is 7."],
    [{ replicas: [{ region: "eu-west-1", keep: 1 }] }, 'replicas[0].region: must not be a region of the policy itself, unless the replica is another account\'s. It is "eu-west-1".'],
    [{ replicas: [{ region: "eu-north-1", keep: 1 }, { region: "eu-north-1", keep: 2 }] }, 'replicas[1]: must not be the second in one region and account. It is in "eu-north-1".'],
    [{ replicas: [{ region: "eu-north-1" }] }, "replicas[0].keep: must be a whole number from 1 to 1000. It is missing."],
    [{ archive: { repository } }, "archive.repository: must be another repository than that of the backup."],
    [{ archive: { repository: other } }, "archive: copies the points with monthly and yearly flags, which backup.retention does not give. Add such a rule, or name other flags in archive.flags."],
    [{ archive: { repository: other, flags: ["weekly"] }, backup: { repository, retention: { monthly: 1 } } }, 'archive.flags: names "weekly", a flag that backup.retention does not give. Add that rule, or leave the flag out.'],
    [{ include: [{ region: "eu-north-1" }] }, 'include[0].region: must be one of the policy\'s regions: eu-west-1. It is "eu-north-1".'],
    [{ include: [{ account: "123" }] }, 'include[0].account: must be an account\'s id: twelve digits. It is "123".'],
    [{ hooks: { before: "freeze.sh" } }, 'hooks.before: must be a function. It is "freeze.sh".'],
    [{ parallel: 0 }, "parallel: must be a whole number from 1 to 64. It is 0."],
    [{ scedule: {} }, "scedule: is no option of a policy; the options are name, account, accounts, regions, include, exclude, schedule, snapshots, replicas, backup, archive, verify, hooks, workers, retries, compliance, alerts, notify, sessions, parallel. It is an object."],
  ])("are refused, by path, value and remedy: %j", (change, message) => {
    expect(messageFor(change)).toBe(message);
    expect(cloud.calls).toEqual([]);
  });

  it("of one run are checked too", () => {
    expect(() => new Policy(right).run({ singal: 1 } as never)).toThrow("singal: is no option of a policy's run; the options are signal, full. It is 1.");
    expect(() => new Policy(right).run({ signal: "no" } as never)).toThrow("signal: must be an AbortSignal.");
  });
});
