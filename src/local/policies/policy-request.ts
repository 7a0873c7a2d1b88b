/** The values of a condition key (lower case); undefined where the request has none. */
export type ReadKey = (key: string) => readonly string[] | undefined;

/** Who asks, as policies name them. */
export interface PolicyPrincipal {
  readonly accountId: string;
  /** The ARN of the user, or of the assumed role's session. */
  readonly arn: string;
  /** The role behind a session. */
  readonly roleArn?: string | undefined;
  /** A service of AWS that asks by itself, e.g. `ec2.amazonaws.com`. */
  readonly service?: string | undefined;
}

/** What is asked of a policy: who does what to which resource, and what is known of the request. */
export interface PolicyRequest {
  readonly principal: PolicyPrincipal;
  /** E.g. `s3:PutObject`. */
  readonly action: string;
  readonly resource: string;
  readonly read: ReadKey;
}
