import * as z from "zod";

const text = z.string().optional();
const number = z.number().optional();
const flag = z.boolean().optional();
const listOf = (members: Readonly<Record<string, z.ZodType>>): z.ZodType => z.array(z.looseObject(members)).optional();
const part = (members: Readonly<Record<string, z.ZodType>>): z.ZodType => z.looseObject(members).optional();

const tags = listOf({ Key: text, Value: text });
const interfaces = listOf({
  NetworkInterfaceId: text,
  InterfaceType: text,
  SubnetId: text,
  PrivateIpAddress: text,
  Description: text,
  SourceDestCheck: flag,
  Attachment: part({ DeviceIndex: number, NetworkCardIndex: number, DeleteOnTermination: flag }),
  Groups: listOf({ GroupId: text }),
  PrivateIpAddresses: listOf({ Primary: flag, PrivateIpAddress: text, Association: part({ IpOwnerId: text, AllocationId: text }) }),
  Ipv6Addresses: listOf({ Ipv6Address: text }),
  Ipv4Prefixes: listOf({ Ipv4Prefix: text }),
  Ipv6Prefixes: listOf({ Ipv6Prefix: text }),
  TagSet: tags,
});

/** Of a captured instance what a restore reads by itself; all else is passed on to EC2, which says whether it takes it. */
export const capturedSchema = z.looseObject({
  CaptureVersion: number,
  InstanceId: text,
  InstanceType: text,
  Architecture: text,
  RootDeviceName: text,
  ImageId: text,
  KeyName: text,
  UsageOperation: text,
  PlatformDetails: text,
  InstanceLifecycle: text,
  UserData: text.nullable(),
  Placement: part({ AvailabilityZone: text }),
  IamInstanceProfile: part({ Arn: text }),
  ProductCodes: listOf({ ProductCodeId: text }),
  Interfaces: interfaces,
  NetworkInterfaces: interfaces,
  Tags: tags,
  Licenses: listOf({ LicenseConfigurationArn: text }),
  MetadataOptions: part({}),
  PrivateDnsNameOptions: part({}),
  MaintenanceOptions: part({}),
  Monitoring: part({}),
  CpuOptions: part({}),
  HibernationOptions: part({}),
  EnclaveOptions: part({}),
  CapacityReservationSpecification: part({}),
  CreditSpecification: z.looseObject({}).nullish(),
  UnreadableAttributes: z.array(z.string()).optional(),
});
