import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { invalidValue, missingParameter } from "../ec2-error.js";
import { requireVisibleImage } from "../images/find-image.js";
import { defaultInstanceType, requireInstanceType } from "../instance-types/instance-types.js";
import { requireKeyPair } from "../key-pairs/key-pairs.js";
import type { Tags } from "../tags/tag-rules.js";
import { readTagSpecifications } from "../tags/tag-specifications.js";
import type { InstanceRecord } from "./instance-record.js";
import { resolveLaunchDevices } from "./launch-devices.js";
import type { LaunchDevice } from "./launch-devices.js";
import { readChoices } from "./launch-choices.js";
import { resolveLaunchNetwork } from "./launch-network.js";
import type { LaunchInterface } from "./launch-network.js";
import { readIsSpot, readMetadataOptions, readProfile, readShutdownBehavior, readUserData } from "./launch-settings.js";

/** What distinguishes the instances of one launch. */
type PerInstance = "instanceId" | "reservationId" | "launchIndex" | "privateIpAddress" | "networkInterfaceId";

/** A launch that can be carried out. */
export interface LaunchPlan {
  readonly instance: Omit<InstanceRecord, PerInstance>;
  readonly devices: readonly LaunchDevice[];
  readonly volumeTags: Tags;
  readonly interfaceTags: Tags;
  /** Whether each instance gets an address of the internet's too. */
  readonly isPublic: boolean;
  /** Of each instance, the primary one first. */
  readonly interfaces: readonly [LaunchInterface, ...LaunchInterface[]];
  readonly count: number;
}

/** Checks everything about a launch, and makes nothing. */
export function planLaunch(environment: Ec2Environment, input: ec2.RunInstancesRequest, count: number, context: RequestContext): LaunchPlan {
  if (input.ImageId === undefined) throw missingParameter("ImageId");
  acceptOnly(input.Placement ?? {}, ["AvailabilityZone", "AvailabilityZoneId", "Tenancy"], "Placement.");
  const image = requireVisibleImage(environment, context, input.ImageId);
  const type = requireInstanceType(input.InstanceType ?? defaultInstanceType);
  if (type.architecture !== image.architecture) {
    throw invalidValue(
      `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI.`,
    );
  }
  const tenancy = input.Placement?.Tenancy ?? "default";
  if (tenancy !== "default") throw invalidValue(`The tenancy '${tenancy}' is not supported for this instance type.`);
  const tags = readTagSpecifications(input.TagSpecifications, ["instance", "volume", "network-interface", "spot-instances-request"]);
  const network = resolveLaunchNetwork(environment, input, count, context);
  const [primary] = network.interfaces;
  if (input.KeyName !== undefined) requireKeyPair(environment, input.KeyName, context);
  const devices = resolveLaunchDevices(environment, image, input.BlockDeviceMappings, context);
  const launchedAt = environment.clock.now().toISOString();
  const instance: LaunchPlan["instance"] = {
    accountId: context.accountId,
    region: context.region,
    launchedAt,
    target: "running",
    settlesAt: environment.settlesAt(),
    transitionReason: "",
    imageId: image.imageId,
    instanceType: type.name,
    architecture: type.architecture,
    rootDeviceName: image.rootDeviceName,
    ...(image.bootMode === undefined ? {} : { bootMode: image.bootMode }),
    availabilityZone: network.subnet.zoneName,
    tenancy,
    vpcId: network.subnet.vpcId,
    subnetId: network.subnet.subnetId,
    securityGroupIds: primary.groupIds,
    secondaryAddresses: primary.secondaryAddresses,
    interfaceDescription: primary.description,
    ...(primary.deleteOnTermination ? {} : { keepsInterface: true }),
    choices: readChoices(input, type),
    ...(image.licence === undefined ? {} : { licence: image.licence }),
    ...(input.KeyName === undefined ? {} : { keyName: input.KeyName }),
    ...(input.UserData === undefined ? {} : { userData: readUserData(input.UserData) }),
    ...(input.IamInstanceProfile === undefined ? {} : { profile: readProfile(environment, input.IamInstanceProfile, context) }),
    ...(input.ClientToken === undefined ? {} : { clientToken: input.ClientToken }),
    metadata: readMetadataOptions(input.MetadataOptions ?? {}, image),
    isSpot: readIsSpot(input.InstanceMarketOptions),
    isTerminationProtected: input.DisableApiTermination ?? false,
    isStopProtected: input.DisableApiStop ?? false,
    isSourceDestChecked: true,
    isEbsOptimized: input.EbsOptimized ?? false,
    isMonitored: input.Monitoring?.Enabled ?? false,
    shutdownBehavior: readShutdownBehavior(input.InstanceInitiatedShutdownBehavior),
    tags: tags.instance,
  };
  return { instance, devices, volumeTags: tags.volume, interfaceTags: tags["network-interface"], isPublic: network.isPublic, interfaces: network.interfaces, count };
}
