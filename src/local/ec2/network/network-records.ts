import type { Scope } from "../scope.js";

export interface VpcRecord extends Scope {
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly isDefault: boolean;
  readonly hasDnsSupport: boolean;
  readonly hasDnsHostnames: boolean;
}

export interface SubnetRecord extends Scope {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly zoneName: string;
  readonly cidrBlock: string;
  readonly isDefault: boolean;
  readonly givesPublicAddresses: boolean;
}

export interface RouteRecord {
  readonly destination: string;
  /** An internet gateway; the local route has none, and endpoints are their own business. */
  readonly gatewayId: string;
}

export interface RouteTableRecord extends Scope {
  readonly routeTableId: string;
  readonly vpcId: string;
  /** The table of subnets that are associated with no other. */
  readonly isMain: boolean;
  readonly associations: readonly { readonly associationId: string; readonly subnetId: string }[];
  readonly routes: readonly RouteRecord[];
}

export interface InternetGatewayRecord extends Scope {
  readonly internetGatewayId: string;
  readonly vpcId?: string;
}

/** What a security group lets in or out. */
export interface GroupRule {
  readonly ruleId: string;
  /** `-1` for every protocol. */
  readonly protocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  /** One of these: a block of addresses, the members of a group, or AWS's list of a service's addresses. */
  readonly cidrBlock?: string;
  readonly groupId?: string;
  readonly prefixListId?: string;
  readonly description?: string;
}

export interface SecurityGroupRecord extends Scope {
  readonly groupId: string;
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  readonly ingress: readonly GroupRule[];
  readonly egress: readonly GroupRule[];
}

/** A network interface that its instance has left behind. */
export interface LeftInterfaceRecord extends Scope {
  readonly networkInterfaceId: string;
  readonly subnetId: string;
  readonly address: string;
  readonly secondaryAddresses?: readonly string[];
  readonly description?: string;
  readonly groupIds: readonly string[];
}

/** A network interface of an endpoint. Those of instances are the instances' business. */
export interface EndpointInterface {
  readonly networkInterfaceId: string;
  readonly subnetId: string;
  readonly address: string;
}

export interface VpcEndpointRecord extends Scope {
  readonly endpointId: string;
  readonly vpcId: string;
  /** Such as `com.amazonaws.eu-west-1.ebs`. */
  readonly serviceName: string;
  readonly type: "Gateway" | "Interface";
  readonly routeTableIds: readonly string[];
  readonly groupIds: readonly string[];
  readonly interfaces: readonly EndpointInterface[];
  readonly hasPrivateDns: boolean;
  /** What may be done through it; everything where none was given. */
  readonly policy: string;
  readonly createdAt: string;
  readonly settlesAt: string;
}

/** An address of the internet that an account holds until it gives it back. */
export interface ElasticAddressRecord extends Scope {
  readonly allocationId: string;
  readonly publicIp: string;
  readonly associationId?: string;
  readonly networkInterfaceId?: string;
  readonly privateIpAddress?: string;
}

/** The public half of a key with which people log in. */
export interface KeyPairRecord extends Scope {
  readonly keyPairId: string;
  readonly name: string;
  readonly createdAt: string;
}
