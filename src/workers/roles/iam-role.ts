import type { IamPolicyDocument, IamTrustDocument } from "./policy-document.js";

/** What a role is for. */
export type RoleKind = "impersonation" | "engine" | "network" | "backup" | "restore" | "replica" | "repository" | "worker";

/** A role that the engine works in. JSON. */
export interface IamRole {
  readonly kind: RoleKind;
  /** The account that it belongs in: twelve digits. */
  readonly account: string;
  readonly name: string;
  readonly arn: string;
  /** For the worker role: EC2 gives it by an instance profile of the same name. */
  readonly hasInstanceProfile: boolean;
  readonly trust: IamTrustDocument;
  readonly policy: IamPolicyDocument;
}
