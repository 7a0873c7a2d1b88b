import { describe, expect, it } from "vitest";
import { newRepository } from "../../test/support/backup-world.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { ConfigurationError } from "../errors/index.js";
import type { PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";

const { repository } = await newRepository();
const cloud = new MemoryCloud(new ManualClock());
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
    [{ regions: [] }, "regions: must name at least one region. It is an empty list."],
    [{ regions: ["eu-west-1", "Ireland"] }, 'regions[1]: must be a region, like "eu-west-1". It is "Ireland".'],
    [{ regions: ["eu-west-1", "eu-west-1"] }, "regions: must not name a region twice. It is a list."],
    [{ include: [] }, "include: must have at least one entry: a policy without selects nothing. It is an empty list."],
    [{ include: ["i-0abc"] }, 'include[0]: must be one of { instance: "i-…" }, { volume: "vol-…" } and { tag: { key: "value" } }. It is "i-0abc".'],
    [{ include: [{}] }, 'include[0]: must be one of { instance: "i-…" }, { volume: "vol-…" } and { tag: { key: "value" } }. It is an object.'],
    [{ include: [{ instance: "i-1", volume: "vol-1" }] }, 'include[0]: must be one of { instance: "i-…" }, { volume: "vol-…" } and { tag: { key: "value" } }. It is an object.'],
    [{ include: [{ instance: "vol-1" }] }, 'include[0].instance: must be the id of an instance: "i-" and hexadecimal digits. It is "vol-1".'],
    [{ include: [{ tag: {} }] }, "include[0].tag: must name at least one tag. It is an object."],
    [{ include: [{ tag: { a: 1 } }] }, "include[0].tag.a: must be a string: the tag's value. It is 1."],
    [{ include: [{ tags: { a: "1" } }] }, "include[0].tags: is not known in include[0]. It is an object."],
    [{ exclude: [{ volume: "v" }] }, 'exclude[0].volume: must be the id of a volume: "vol-" and hexadecimal digits. It is "v".'],
    [{ snapshots: { keep: -1 } }, "snapshots.keep: must be a whole number from 0 to 1000. It is -1."],
    [{ snapshots: 3 }, "snapshots: must be an object { keep }. It is 3."],
    [{ backup: undefined }, "backup: must be an object { repository }. It is missing."],
    [{ backup: { repository: "s3://bucket" } }, 'backup.repository: must be a Repository, from Repository.create or Repository.open. It is "s3://bucket".'],
    [{ retries: 1.5 }, "retries: must be a whole number from 0 to 10. It is 1.5."],
    [{ workers: {} }, "workers: must be workers, from WorkerPool.inProcess(). It is an object."],
    [{ schedule: { daily: {} } }, "schedule: is not supported in this version of holdfast. Leave it out."],
    [{ replicas: [] }, "replicas: is not supported in this version of holdfast. Leave it out."],
    [{ archive: {} }, "archive: is not supported in this version of holdfast. Leave it out."],
    [{ backup: { repository, retention: {} } }, "backup.retention: is not supported in this version of holdfast. Leave it out."],
    [{ scedule: {} }, "scedule: is no option of a policy; the options are name, account, regions, include, exclude, snapshots, backup, workers, retries. It is an object."],
  ])("are refused, by path, value and remedy: %j", (change, message) => {
    expect(messageFor(change)).toBe(message);
    expect(cloud.calls).toEqual([]);
  });

  it("of one run are checked too", () => {
    expect(() => new Policy(right).run({ singal: 1 } as never)).toThrow("singal: is no option of a policy's run; the options are signal, full. It is 1.");
    expect(() => new Policy(right).run({ signal: "no" } as never)).toThrow("signal: must be an AbortSignal.");
  });
});
