import type { Caller } from "./caller.js";

/** What a call was found to need, and what the caller's own policies said of it. */
export interface JudgedPermission {
  /** In IAM's words: `s3:PutObject`. */
  readonly action: string;
  /** The ARN of what it is about; `*` where it is about no single resource. */
  readonly resource: string;
  /** Whether the caller's policies allow it; the policy of the resource may say otherwise. */
  readonly isAllowed: boolean;
}

/** A caller of whom everything that is asked is noted. */
export function noted(caller: Caller, permissions: JudgedPermission[]): Caller {
  return {
    ...caller,
    judge: (request) => {
      const judgement = caller.judge(request);
      permissions.push({ action: request.action, resource: request.resource, isAllowed: judgement.identity === "allow" && judgement.session === "allow" });
      return judgement;
    },
  };
}
