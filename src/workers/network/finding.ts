/** What a preflight found, and what to do about it. JSON. */
export interface PreflightFinding {
  /** `error`: workers there will not work. `warning`: they may not, or not always. */
  readonly severity: "error" | "warning";
  readonly code:
    | "NoNetwork" | "NoFreeAddress" | "FewFreeAddresses" | "TypeNotOffered" | "RouteGone" | "OtherRegion" | "NoEndpoint" | "EndpointNotAvailable" | "EndpointNotInZone"
    | "NoPrivateDns" | "DnsDisabled" | "HttpsOutClosed" | "HttpsInClosed" | "PublicRoute" | "NoImage" | "NoBucket" | "NoBundle" | "NoQuota" | "LittleQuota" | "QuotaUnknown" | "Denied" | "PermissionMissing";
  readonly region: string;
  readonly subnetId?: string | undefined;
  /** The AWS service that cannot be reached: `ebs`. */
  readonly service?: string | undefined;
  readonly message: string;
  readonly remedy: string;
}
