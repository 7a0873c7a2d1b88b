import type { CallOptions, Tags } from "./compute.js";
import type { WorkerSubnet } from "./worker-compute.js";

/** One route of a table. */
export interface NetworkRoute {
  /** A range of addresses (`0.0.0.0/0`) or the id of a prefix list. */
  readonly destination: string;
  readonly target: "local" | "internet-gateway" | "nat" | "endpoint" | "other";
  /** The id of what it leads to. */
  readonly targetId?: string | undefined;
  readonly isBlackhole: boolean;
}

/** A VPC endpoint. */
export interface NetworkEndpoint {
  readonly endpointId: string;
  /** `s3`, `ebs`, `sts`, ... */
  readonly service: string;
  readonly kind: "gateway" | "interface";
  readonly isAvailable: boolean;
  readonly hasPrivateDns: boolean;
  readonly subnetIds: readonly string[];
  readonly routeTableIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** A rule of a security group, as far as TCP 443 is concerned. */
export interface HttpsRule {
  /** A range of addresses, another group's id, or the id of a prefix list. */
  readonly peer: string;
}

/** A security group. */
export interface NetworkSecurityGroup {
  readonly groupId: string;
  /** Who may come in on TCP 443. */
  readonly httpsIn: readonly HttpsRule[];
  /** To whom TCP 443 goes out. */
  readonly httpsOut: readonly HttpsRule[];
}

/** What a network is made of, as far as workers are concerned. */
export interface WorkerNetworkFacts {
  readonly region: string;
  readonly vpcId: string;
  /** The VPC's ranges of addresses. */
  readonly ranges: readonly string[];
  readonly hasDnsSupport: boolean;
  readonly hasDnsHostnames: boolean;
  readonly subnets: readonly WorkerSubnet[];
  /** By subnet: its table, the VPC's main one where it has none of its own. */
  readonly routes: Readonly<Record<string, { readonly routeTableId: string; readonly routes: readonly NetworkRoute[] }>>;
  readonly endpoints: readonly NetworkEndpoint[];
  /** The workers' groups and those of the endpoints. */
  readonly securityGroups: readonly NetworkSecurityGroup[];
  /** The groups that workers have. */
  readonly workerGroupIds: readonly string[];
}

/** What of a network somebody made, or made for somebody, by its tags. */
export interface NetworkPart {
  readonly kind: "vpc" | "subnet" | "security-group" | "route-table" | "endpoint";
  readonly id: string;
  /** What it is of its kind, by the tag that says it: `subnet eu-west-1a`. */
  readonly role: string;
}

/** Something of a network that shall be made. `policy` of an endpoint: what goes through it, as JSON; without it everything does. */
export type NetworkPartRequest =
  | { readonly kind: "vpc"; readonly range: string }
  | { readonly kind: "subnet"; readonly vpcId: string; readonly range: string; readonly availabilityZone: string }
  | { readonly kind: "route-table"; readonly vpcId: string; readonly subnetIds: readonly string[] }
  | { readonly kind: "security-group"; readonly vpcId: string; readonly name: string; readonly description: string; readonly httpsFrom?: string | undefined }
  | { readonly kind: "endpoint"; readonly vpcId: string; readonly service: string; readonly type: "gateway" | "interface"; readonly subnetIds: readonly string[]; readonly routeTableIds: readonly string[]; readonly securityGroupIds: readonly string[]; readonly policy?: string | undefined };

/** Networks of workers, in one account and region. */
export interface WorkerNetworks {
  readonly region: string;
  /** Describes the network of some subnets, which must be of one VPC. */
  describe(request: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] }, options?: CallOptions): Promise<WorkerNetworkFacts>;
  /** The availability zones in which networks can be made. */
  availabilityZones(options?: CallOptions): Promise<readonly string[]>;
  /** Makes a part and tags it. Where EC2 takes a client token, a repeated call makes nothing twice; the rest is found by its tags. */
  create(request: NetworkPartRequest, tags: Tags, options?: CallOptions): Promise<string>;
  /** Gives a part what makes it usable: private names, its subnets, its rules; an endpoint, which must be available, its policy. Repeated, it changes nothing. */
  setUp(id: string, request: NetworkPartRequest, options?: CallOptions): Promise<void>;
  /** Waits until endpoints that were made can be used; `ProviderError` (`EndpointNotAvailable`) where one cannot in ten minutes. */
  awaitEndpoints(ids: readonly string[], options?: CallOptions): Promise<void>;
  /** All parts that carry all of `tags`; `role` is the value of the tag `roleTag`. */
  partsByTags(tags: Tags, roleTag: string, options?: CallOptions): Promise<readonly NetworkPart[]>;
  /** Removes a part, waiting where AWS takes its time; nothing happens where there is none. */
  remove(part: NetworkPart, options?: CallOptions): Promise<void>;
}
