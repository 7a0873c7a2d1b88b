/** The road on which a call came to a service. */
export interface CallWay {
  /** The private address from which it came. */
  readonly sourceIp: string;
  readonly vpcId: string;
  /** The VPC endpoint that it came through; undefined where it came over the internet. */
  readonly vpcEndpointId: string | undefined;
  /** What may be done through that endpoint; everything where it says nothing. */
  readonly policy?: string;
}

/** An instance from which calls come: what its subnet, its routes and its security groups let it reach. */
export interface CallOrigin {
  readonly instanceId: string;
  /** The road to a service of a region; undefined where there is none, so that the connection breaks. */
  wayTo(service: string, region: string): CallWay | undefined;
}

/** Finds the origin behind credentials that were given to an instance. */
export type FindOrigin = (instanceId: string) => CallOrigin | undefined;
