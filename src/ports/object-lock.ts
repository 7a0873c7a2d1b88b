/** How an object is kept from deletion and change. */
export interface ObjectLock {
  /** `COMPLIANCE`: by nobody, before its time; `GOVERNANCE`: only by those who have a permission of its own and ask for it, which this port never does. */
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  readonly until: Date;
}
