import { HoldfastError } from "../../../errors/index.js";
import type { CallOptions, FoundWorkerRole, RemoveWorkerRoleRequest, Tags, WorkerRoleRequest, WorkerRoles } from "../../../ports/index.js";
import type { AwsCalls } from "../aws-calls.js";
import type { IamPackage } from "../clients/aws-packages.js";
import type { LazyClient } from "../clients/lazy-client.js";
import { describeAwsFailure } from "../aws-failure.js";
import { hasTags, tagsOf } from "../ec2/ec2-answer.js";

/** What the roles are made with. IAM is one for all regions of a partition; `region` is the one that is called. */
export interface IamWorkerRolesOptions {
  readonly iam: LazyClient<IamPackage>;
  readonly calls: AwsCalls;
  readonly region: string;
}

interface IamCall extends CallOptions {
  readonly operation: string;
  readonly name: string;
  readonly permissions?: readonly string[];
  /** What IAM says where there is nothing to be done any more. */
  readonly isDone?: "EntityAlreadyExists" | "LimitExceeded" | "NoSuchEntity";
}

type Send<Answer> = (abort: { readonly abortSignal: AbortSignal }) => Promise<Answer>;

const trust = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] });

/** Makes and removes roles in IAM, step by step in the order that IAM asks for, so that a second call goes on where a first one ended. */
export class IamWorkerRoles implements WorkerRoles {
  readonly #options: IamWorkerRolesOptions;

  constructor(options: IamWorkerRolesOptions) {
    this.#options = options;
  }

  async make({ name, path: Path, policy, permissionsBoundaryArn, tags }: WorkerRoleRequest, { signal }: CallOptions = {}): Promise<void> {
    const { iam } = this.#options;
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const named = { InstanceProfileName: name, RoleName: name };
    const role = { RoleName: name, Path, AssumeRolePolicyDocument: trust, Tags, ...(permissionsBoundaryArn !== undefined && { PermissionsBoundary: permissionsBoundaryArn }) };
    await this.#call({ operation: "CreateRole", permissions: ["iam:CreateRole", "iam:TagRole"], name, signal, isDone: "EntityAlreadyExists" }, async (abort) => await iam.send((aws) => new aws.CreateRoleCommand(role), abort));
    await this.#call({ operation: "PutRolePolicy", name, signal }, async (abort) => await iam.send((aws) => new aws.PutRolePolicyCommand({ RoleName: name, PolicyName: name, PolicyDocument: policy }), abort));
    const profile = { InstanceProfileName: name, Path, Tags };
    await this.#call({ operation: "CreateInstanceProfile", permissions: ["iam:CreateInstanceProfile", "iam:TagInstanceProfile"], name, signal, isDone: "EntityAlreadyExists" }, async (abort) => await iam.send((aws) => new aws.CreateInstanceProfileCommand(profile), abort));
    // a profile has one role at most: the second call of two finds the first one's
    await this.#call({ operation: "AddRoleToInstanceProfile", permissions: ["iam:AddRoleToInstanceProfile", "iam:PassRole"], name, signal, isDone: "LimitExceeded" }, async (abort) => await iam.send((aws) => new aws.AddRoleToInstanceProfileCommand(named), abort));
  }

  async remove({ name, path, kind }: RemoveWorkerRoleRequest, { signal }: CallOptions = {}): Promise<void> {
    const { iam } = this.#options;
    const gone = { name, signal, isDone: "NoSuchEntity" } as const;
    const removeProfile = async (): Promise<void> => {
      await this.#call({ ...gone, operation: "RemoveRoleFromInstanceProfile" }, async (abort) => await iam.send((aws) => new aws.RemoveRoleFromInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }), abort));
      await this.#call({ ...gone, operation: "DeleteInstanceProfile" }, async (abort) => await iam.send((aws) => new aws.DeleteInstanceProfileCommand({ InstanceProfileName: name }), abort));
    };
    const removeRole = async (): Promise<void> => {
      await this.#call({ ...gone, operation: "DeleteRolePolicy" }, async (abort) => await iam.send((aws) => new aws.DeleteRolePolicyCommand({ RoleName: name, PolicyName: name }), abort));
      await this.#call({ ...gone, operation: "DeleteRole" }, async (abort) => await iam.send((aws) => new aws.DeleteRoleCommand({ RoleName: name }), abort));
    };
    if (kind !== "role") await this.#unlessMissing({ name, path, list: "ListInstanceProfiles", signal }, removeProfile);
    if (kind !== "instance-profile") await this.#unlessMissing({ name, path, list: "ListRoles", signal }, removeRole);
  }

  async *byTags(path: string, tags: Tags, { signal }: CallOptions = {}): AsyncGenerator<FoundWorkerRole> {
    const { iam } = this.#options;
    // lists leave tags out: each one is asked for its own
    for await (const name of this.#names(path, "ListInstanceProfiles", { signal })) {
      const answer = await this.#call({ operation: "GetInstanceProfile", name, signal, isDone: "NoSuchEntity" }, async (abort) => await iam.send((aws) => new aws.GetInstanceProfileCommand({ InstanceProfileName: name }), abort));
      const own = tagsOf(answer?.InstanceProfile?.Tags);
      if (hasTags(own, tags)) yield { kind: "instance-profile", name, tags: own };
    }
    for await (const name of this.#names(path, "ListRoles", { signal })) {
      const answer = await this.#call({ operation: "GetRole", name, signal, isDone: "NoSuchEntity" }, async (abort) => await iam.send((aws) => new aws.GetRoleCommand({ RoleName: name }), abort));
      const own = tagsOf(answer?.Role?.Tags);
      if (hasTags(own, tags)) yield { kind: "role", name, tags: own };
    }
  }

  /** IAM knows the path of what is there alone: who may remove what is under the path is denied what is missing, and must look which it was. */
  async #unlessMissing({ name, path, list, signal }: CallOptions & { readonly name: string; readonly path: string; readonly list: "ListRoles" | "ListInstanceProfiles" }, remove: () => Promise<void>): Promise<void> {
    try {
      await remove();
    } catch (error) {
      if (!HoldfastError.isInstance(error) || error.code !== "AccessDenied") throw error;
      for await (const one of this.#names(path, list, { signal })) if (one === name) throw error;
    }
  }

  async *#names(PathPrefix: string, operation: "ListRoles" | "ListInstanceProfiles", { signal }: CallOptions): AsyncGenerator<string> {
    const { iam } = this.#options;
    for (let Marker: string | undefined; ; ) {
      const input = { PathPrefix, ...(Marker !== undefined && { Marker }) };
      const page = await this.#call({ operation, name: PathPrefix, signal }, async (abort) => {
        if (operation === "ListInstanceProfiles") {
          const answer = await iam.send((aws) => new aws.ListInstanceProfilesCommand(input), abort);
          return { names: (answer.InstanceProfiles ?? []).flatMap(({ InstanceProfileName }) => InstanceProfileName ?? []), next: answer.Marker };
        }
        const answer = await iam.send((aws) => new aws.ListRolesCommand(input), abort);
        return { names: (answer.Roles ?? []).flatMap(({ RoleName }) => RoleName ?? []), next: answer.Marker };
      });
      yield* page?.names ?? [];
      if (page?.next === undefined) return;
      Marker = page.next;
    }
  }

  /** Gives nothing where IAM says that it is done already. */
  async #call<Answer>({ isDone, name, ...call }: IamCall, send: Send<Answer>): Promise<Answer | undefined> {
    const { calls, region, iam } = this.#options;
    return await calls.run({ service: "iam", region, client: iam, resource: name, ...call, retry: ({ code }) => retryOf(code) }, async ({ signal }) => {
      try {
        return await send({ abortSignal: signal });
      } catch (error) {
        const code = describeAwsFailure(error)?.code.replace(/Exception$/, "");
        if (isDone !== undefined && code === isDone) return undefined;
        throw error;
      }
    });
  }
}

/** Two changes of one role at a time are IAM's to refuse; that an account has too many roles is no matter of pace. */
function retryOf(code: string): boolean | undefined {
  if (code.startsWith("ConcurrentModification")) return true;
  return code.startsWith("LimitExceeded") ? false : undefined;
}
