import type { CallOptions } from "./compute.js";

/** Whether somebody may do something, as IAM judges it. */
export interface PermissionQuestion {
  /** The ARN of a role or user. */
  readonly principalArn: string;
  /** `ebs:GetSnapshotBlock`. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** What a call would bring along: `aws:RequestTag/owner`. */
  readonly context?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What a principal may not do. */
export interface MissingPermission {
  readonly action: string;
  readonly resource: string;
  /** `explicitDeny` where something forbids it; `implicitDeny` where nothing allows it. */
  readonly decision: "explicitDeny" | "implicitDeny";
}

/** Asks IAM what a principal may do, without doing it. Resource policies and service control policies are not looked at. */
export interface PermissionCheck {
  /** What is missing; empty where all is allowed. */
  missing(question: PermissionQuestion, options?: CallOptions): Promise<readonly MissingPermission[]>;
}
