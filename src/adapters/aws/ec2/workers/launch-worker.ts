import type { _InstanceType, RunInstancesCommandInput, ResourceType } from "@aws-sdk/client-ec2";
import { ProviderError, type HoldfastError } from "../../../../errors/index.js";
import type { CallOptions, LaunchWorkerRequest, WorkerInstance } from "../../../../ports/index.js";
import type { AwsFailure } from "../../aws-failure.js";
import { toInstanceProfile, toTags } from "../ec2-answer.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";
import { describeWorker } from "./worker-instances.js";

const operation = "RunInstances";
/** What carries the worker's tags. */
const taggedTypes: readonly ResourceType[] = ["instance", "volume", "network-interface"];

/** What EC2 says where it has no place, in the port's words (EC2 user guide, "Error codes for the Amazon EC2 API"). */
const refusals: Readonly<Record<string, "InsufficientCapacity" | "NoFreeAddresses" | "NotOffered" | "QuotaExceeded" | "SpotRefused">> = {
  InsufficientInstanceCapacity: "InsufficientCapacity",
  InsufficientHostCapacity: "InsufficientCapacity",
  InsufficientCapacity: "InsufficientCapacity",
  InsufficientFreeAddressesInSubnet: "NoFreeAddresses",
  PrivateIpAddressLimitExceeded: "NoFreeAddresses",
  Unsupported: "NotOffered",
  UnsupportedOperation: "NotOffered",
  InstanceLimitExceeded: "QuotaExceeded",
  VcpuLimitExceeded: "QuotaExceeded",
  VolumeLimitExceeded: "QuotaExceeded",
  NetworkInterfaceLimitExceeded: "QuotaExceeded",
  MaxSpotInstanceCountExceeded: "SpotRefused",
  SpotMaxPriceTooLow: "SpotRefused",
};

/** Launches a worker's instance: IMDSv2 alone, an encrypted root volume, gone when it shuts down, nothing of it left. */
export async function launchWorker(door: Ec2Door, request: LaunchWorkerRequest, options: CallOptions): Promise<WorkerInstance> {
  const answer = await callEc2(
    door,
    {
      operation,
      resource: `${request.instanceType} in ${request.subnetId}`,
      permissions: ["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole"],
      signal: options.signal,
      // another type or subnet is the better answer to a lack of capacity than the same question again
      retry: (failure) => (refusals[failure.code] === undefined ? undefined : false),
      translate: (failure) => refusal(failure, request, door.region),
    },
    async ({ signal }) => await door.ec2.send((aws) => new aws.RunInstancesCommand(inputOf(request)), { abortSignal: signal }),
  );
  const [instance] = answer.Instances ?? [];
  if (instance === undefined) throw new ProviderError(`ec2:${operation} in ${door.region} named no instance: the endpoint does not speak EC2 as AWS does.`, { code: "InvalidAnswer", service: "ec2", operation });
  return describeWorker(instance, operation);
}

function inputOf(request: LaunchWorkerRequest): RunInstancesCommandInput {
  const tags = toTags(request.tags);
  const { instanceProfile, kmsKeyArn, securityGroupIds } = request;
  return {
    ImageId: request.imageId,
    // AWS adds types more often than this is released: whether the name is one is for AWS to say.
    InstanceType: request.instanceType as _InstanceType,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: request.clientToken,
    InstanceInitiatedShutdownBehavior: "terminate",
    IamInstanceProfile: toInstanceProfile(instanceProfile),
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1, HttpEndpoint: "enabled" },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: request.subnetId,
        AssociatePublicIpAddress: request.hasPublicAddress,
        DeleteOnTermination: true,
        ...(securityGroupIds.length === 0 ? {} : { Groups: [...securityGroupIds] }),
      },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: request.rootDeviceName,
        Ebs: { VolumeSize: request.rootVolumeGib, VolumeType: "gp3", Encrypted: true, DeleteOnTermination: true, ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }) },
      },
    ],
    ...(request.isSpot ? { InstanceMarketOptions: { MarketType: "spot" as const, SpotOptions: { SpotInstanceType: "one-time" as const, InstanceInterruptionBehavior: "terminate" as const } } } : {}),
    TagSpecifications: taggedTypes.map((ResourceType) => ({ ResourceType, Tags: tags })),
    UserData: Buffer.from(request.userData, "utf8").toString("base64"),
  };
}

function refusal(failure: AwsFailure, request: LaunchWorkerRequest, region: string): HoldfastError | undefined {
  if (isProfileUnknown(failure)) {
    const { instanceProfile } = request;
    return new ProviderError(`EC2 does not know the instance profile ${instanceProfile} with a role in it (${region}): make it as iamPolicies() says, or name another in instanceProfile. AWS said: ${failure.message.slice(0, 300)}`, {
      code: "InstanceProfileUnknown",
      service: "ec2",
      operation,
      requestId: failure.requestId,
      awsCode: failure.code,
      context: { instanceProfile, region },
    });
  }
  const code = refusals[failure.code];
  if (code === undefined) return undefined;
  const { instanceType, subnetId } = request;
  return new ProviderError(`EC2 has no place for a ${instanceType}${request.isSpot ? " spot instance" : ""} in ${subnetId} (${region}): the next type and subnet is tried; name more of them in profiles and networks. AWS said: ${failure.message.slice(0, 300)}`, {
    code,
    retryable: true,
    service: "ec2",
    operation,
    requestId: failure.requestId,
    awsCode: failure.code,
    context: { instanceType, subnetId, region },
  });
}

/** EC2 has no code of its own for it (IAM user guide, "Troubleshooting IAM and Amazon EC2"). */
function isProfileUnknown({ code, message }: AwsFailure): boolean {
  return code === "InvalidParameterValue" && /Invalid IAM Instance Profile|has no associated IAM Roles/i.test(message);
}
