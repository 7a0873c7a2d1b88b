import type { IamPolicyStatement, IamRole } from "holdfast";
import type { CallEntry, JudgedPermission } from "holdfast/local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PermissionWorld } from "./permissions/permission-world.js";
import { scenarios } from "./permissions/scenarios.js";

let world: PermissionWorld;
/** What each scenario asked for, by role. */
const asked = new Map<string, ReadonlyMap<string, readonly JudgedPermission[]>>();
beforeAll(async () => {
  world = await PermissionWorld.open();
  asked.set("the network of the workers", byRole(world.cloud.calls.list()));
});
afterAll(async () => await world.close());

describe("with exactly the roles of iamPolicies(), in three accounts and one for replicas,", () => {
  it.each(Object.keys(scenarios))("%s", async (name) => {
    world.cloud.calls.clear();
    try {
      await scenarios[name]?.(world);
    } finally {
      asked.set(name, byRole(world.cloud.calls.list()));
    }
  });

  it("no call is made that they do not allow, and nothing is allowed that no call needs", () => {
    const denied: string[] = [];
    const unused: string[] = [];
    for (const role of world.roles) {
      const all = [...asked.values()].flatMap((of) => of.get(role.name) ?? []);
      for (const { action, resource, isAllowed } of all) if (!isAllowed) denied.push(`${role.kind}: ${action} on ${resource}`);
      for (const statement of role.policy.Statement) {
        for (const action of statement.Action) if (!all.some((one) => fits(statement, one) && one.action === action)) unused.push(`${role.kind} ${statement.Sid}: ${action}`);
        for (const kind of kindsOf(statement.Resource)) if (!all.some((one) => fits({ ...statement, Resource: statement.Resource.filter((pattern) => kindsOf([pattern]).has(kind)) }, one))) unused.push(`${role.kind} ${statement.Sid}: ${kind}`);
      }
    }
    expect({ denied: [...new Set(denied)], unused }).toEqual({ denied: [], unused: [] });
  });

  it("whatever statement is missing, something fails that names the action", async () => {
    const wrong: string[] = [];
    for (const role of world.roles) {
      for (const statement of role.policy.Statement) {
        const found = await failureWithout(role, statement);
        if (found !== undefined) wrong.push(`${role.kind} ${statement.Sid}: ${found}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** What is wrong with how the engine fails without a statement: that it does not, or that it does not say which action is missing. */
async function failureWithout(role: IamRole, statement: IamPolicyStatement): Promise<string | undefined> {
  const users = [...asked].filter(([name, of]) => name in scenarios && of.get(role.name)?.some((one) => fits(statement, one)) === true).map(([name]) => name);
  await world.give(role, { ...role.policy, Statement: role.policy.Statement.filter(({ Sid }) => Sid !== statement.Sid) });
  try {
    for (const name of users.sort((one, other) => sizeOf(one) - sizeOf(other))) {
      const said = await failureOf(name);
      if (said === undefined) continue;
      return statement.Action.some((action) => said.some((text) => text.includes(action))) ? undefined : `the action is not named: ${said.join(" | ")}`;
    }
    return `nothing fails (${users.join("; ")})`;
  } finally {
    await world.give(role, role.policy);
  }
}

/** What a scenario fails with; nothing where it succeeds. */
async function failureOf(name: string): Promise<readonly string[] | undefined> {
  try {
    await scenarios[name]?.(world);
    return undefined;
  } catch (error) {
    return messagesOf(error);
  }
}

function sizeOf(name: string): number {
  return [...(asked.get(name)?.values() ?? [])].reduce((sum, of) => sum + of.length, 0);
}

/** All that an error says, with those that it is made of. What AWS answered is left out: the engine itself must say it. */
function messagesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const failures = "failures" in error && Array.isArray(error.failures) ? (error.failures as readonly { readonly error: unknown }[]) : [];
  return [error.message.split("AWS said")[0] ?? "", ...failures.flatMap(({ error: one }) => messagesOf(one))];
}

function byRole(calls: readonly CallEntry[]): ReadonlyMap<string, readonly JudgedPermission[]> {
  const found = new Map<string, JudgedPermission[]>();
  for (const { principalArn, permissions } of calls) {
    const role = /:assumed-role\/([^/]+)\//.exec(principalArn)?.[1];
    if (role !== undefined) found.set(role, [...(found.get(role) ?? []), ...permissions]);
  }
  return found;
}

function fits({ Action, Resource }: Pick<IamPolicyStatement, "Action" | "Resource">, { action, resource }: JudgedPermission): boolean {
  return Action.includes(action) && Resource.some((pattern) => new RegExp(`^${pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("*", ".*")}$`).test(resource));
}

/** What a statement is about, whatever the region: that a second one stands beside the first needs no proof of its own, nor does a second key. */
function kindsOf(resources: readonly string[]): ReadonlySet<string> {
  return new Set(resources.map((pattern) => pattern.replace(/^(arn:aws:ec2:)[^:]*/, "$1").replace(/^(arn:aws:kms:).*/, "$1")));
}
