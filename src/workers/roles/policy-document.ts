/** One statement of an IAM policy. */
export interface IamPolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> | undefined;
}

/** An IAM policy as AWS takes it. JSON. */
export interface IamPolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly IamPolicyStatement[];
}

/** Who may assume a role. JSON. */
export interface IamTrustDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly {
    readonly Effect: "Allow";
    readonly Principal: Readonly<Record<string, string | readonly string[]>>;
    readonly Action: "sts:AssumeRole";
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  }[];
}

export function policyDocument(statements: readonly IamPolicyStatement[]): IamPolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}
