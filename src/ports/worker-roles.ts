import type { CallOptions, Tags } from "./compute.js";

/** A role for one worker. */
export interface WorkerRoleRequest {
  /** Of the role, its policy and its instance profile alike. */
  readonly name: string;
  /** Begins and ends with `/`. */
  readonly path: string;
  /** What it may do: an IAM policy as JSON. EC2 alone may assume it. */
  readonly policy: string;
  readonly permissionsBoundaryArn?: string | undefined;
  /** Of the role and the instance profile. */
  readonly tags: Tags;
}

/** A role or an instance profile that was found. */
export interface FoundWorkerRole {
  readonly kind: "role" | "instance-profile";
  readonly name: string;
  readonly tags: Tags;
}

/** What shall be removed. */
export interface RemoveWorkerRoleRequest {
  readonly name: string;
  readonly path: string;
  /** Default: both. */
  readonly kind?: FoundWorkerRole["kind"] | undefined;
}

/** Roles of an account that are made for one worker each, with an instance profile of the same name. */
export interface WorkerRoles {
  /** Makes role, policy and instance profile; what is there already under the name is taken. EC2 may learn of it only after a while. */
  make(request: WorkerRoleRequest, options?: CallOptions): Promise<void>;
  /** Removes the instance profile, then the role with its policy, of that name under the path, or one of them alone; nothing happens where there is none. */
  remove(role: RemoveWorkerRoleRequest, options?: CallOptions): Promise<void>;
  /** Roles and instance profiles under a path that carry all of `tags`. */
  byTags(path: string, tags: Tags, options?: CallOptions): AsyncIterable<FoundWorkerRole>;
}
