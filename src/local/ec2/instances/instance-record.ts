import type { ImageLicence } from "../images/image-record.js";

/** What an instance is or is on its way to be. */
export type InstanceTarget = "running" | "stopped" | "terminated";

/** Why an instance went down: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html */
export interface StateReason {
  readonly code: string;
  readonly message: string;
}

export interface MetadataSettings {
  readonly httpTokens: string;
  readonly hopLimit: number;
  readonly httpEndpoint: string;
  readonly httpProtocolIpv6: string;
  readonly instanceMetadataTags: string;
}

/** A network interface of an instance. */
export interface InstanceInterface {
  readonly networkInterfaceId: string;
  readonly deviceIndex: number;
  readonly networkCardIndex: number;
  readonly subnetId: string;
  readonly address: string;
  readonly secondaryAddresses: readonly string[];
  readonly groupIds: readonly string[];
  readonly description: string;
  readonly deleteOnTermination: boolean;
  readonly isSourceDestChecked: boolean;
}

/** What a launch chose that has no effect here but to be told. */
export interface LaunchChoices {
  readonly cpu?: { readonly cores: number; readonly threads: number };
  /** Of burstable types. */
  readonly cpuCredits?: string;
  readonly canHibernate?: boolean;
  readonly hasEnclave?: boolean;
  readonly hostnameType?: string;
  readonly hasDnsName?: boolean;
  readonly autoRecovery?: string;
  readonly capacityPreference?: string;
}

/** An instance. Its volumes are its attachments' business. */
export interface InstanceRecord {
  readonly instanceId: string;
  readonly accountId: string;
  readonly region: string;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly launchedAt: string;
  readonly target: InstanceTarget;
  /** When the instance is what `target` says; until then it is on its way. */
  readonly settlesAt: string;
  /** Why it is on its way down; empty where it is not. */
  readonly transitionReason: string;
  readonly stateReason?: StateReason;
  readonly imageId: string;
  readonly instanceType: string;
  readonly architecture: string;
  readonly rootDeviceName: string;
  readonly bootMode?: string;
  readonly availabilityZone: string;
  readonly tenancy: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  readonly privateIpAddress: string;
  readonly networkInterfaceId: string;
  readonly publicIpAddress?: string;
  /** Whether its network interface stays when it is terminated. */
  readonly keepsInterface?: boolean;
  /** Of its primary network interface, as is the address above. */
  readonly secondaryAddresses?: readonly string[];
  readonly interfaceDescription?: string;
  readonly furtherInterfaces?: readonly InstanceInterface[];
  readonly choices?: LaunchChoices;
  /** What its image says of licences, where that is not plain Linux. */
  readonly licence?: ImageLicence;
  readonly keyName?: string;
  /** Base64, as it came. */
  readonly userData?: string;
  readonly profile?: { readonly arn: string; readonly id: string };
  readonly clientToken?: string;
  readonly metadata: MetadataSettings;
  readonly isSpot: boolean;
  readonly isTerminationProtected: boolean;
  readonly isStopProtected: boolean;
  readonly isSourceDestChecked: boolean;
  readonly isEbsOptimized: boolean;
  readonly isMonitored: boolean;
  readonly shutdownBehavior: string;
  readonly tags: Readonly<Record<string, string>>;
}
