/** What an account has chosen for new volumes in a region. */
export interface EncryptionSettings {
  readonly isOnByDefault: boolean;
  /** The key's ARN; without it the account's `aws/ebs` key. */
  readonly defaultKeyArn?: string;
}
