/** An account in a region: what a caller sees of EC2. `RequestContext` is one. */
export interface Scope {
  readonly accountId: string;
  readonly region: string;
}

/** Whether a record belongs to an account in a region. */
export function isIn(scope: Scope, record: Scope): boolean {
  return record.accountId === scope.accountId && record.region === scope.region;
}
