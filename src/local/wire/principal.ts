/** Who signed a request. */
export interface Principal {
  readonly accountId: string;
  /** The ARN of the user, or of the assumed role's session. */
  readonly arn: string;
  /** The role behind a session. */
  readonly roleArn?: string;
  readonly roleName?: string;
  /** The policies with which the session was begun: it may do only what they allow too. */
  readonly sessionPolicies?: readonly string[];
  /** The instance to which the role's credentials were given: its calls come from there, wherever they arrive. */
  readonly instanceId?: string;
}

/** An access key with its secret, and for temporary ones the token and the end. */
export interface Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly expiresAt?: Date;
  readonly principal: Principal;
}

/** Why no credential belongs to an access key and token. */
export type CredentialRefusal = "unknown-key" | "invalid-token";

/** Knows every access key of the cloud. */
export interface CredentialSource {
  find(accessKeyId: string, sessionToken: string | undefined): Credential | CredentialRefusal;
}
