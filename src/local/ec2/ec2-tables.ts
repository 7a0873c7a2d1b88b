import type { RecordStore, RecordTable } from "../blocks/record-store.js";
import type { ClientTokenRecord } from "./client-tokens.js";
import type { EncryptionSettings } from "./encryption/settings-record.js";
import type { ImageRecord } from "./images/image-record.js";
import type { InstanceRecord } from "./instances/instance-record.js";
import type { ElasticAddressRecord, InternetGatewayRecord, KeyPairRecord, LeftInterfaceRecord, RouteTableRecord, SecurityGroupRecord, SubnetRecord, VpcEndpointRecord, VpcRecord } from "./network/network-records.js";
import type { SnapshotLock } from "./snapshots/lock-record.js";
import type { SnapshotPermissions } from "./snapshots/permissions-record.js";
import type { AttachmentRecord } from "./volumes/attachment-record.js";
import type { ModificationRecord } from "./volumes/modification-record.js";

/** Tags of a resource that has no record of its own, such as a default subnet. */
export interface TagsRecord {
  readonly tags: Readonly<Record<string, string>>;
}

/** EC2's own records; volumes and snapshots are the block storage's. */
export class Ec2Tables {
  readonly instances: RecordTable<InstanceRecord>;
  /** By volume id. */
  readonly attachments: RecordTable<AttachmentRecord>;
  readonly images: RecordTable<ImageRecord>;
  readonly clientTokens: RecordTable<ClientTokenRecord>;
  /** By snapshot id; none for a snapshot that is its owner's alone. */
  readonly permissions: RecordTable<SnapshotPermissions>;
  /** By snapshot id. */
  readonly locks: RecordTable<SnapshotLock>;
  /** By account and region. */
  readonly encryption: RecordTable<EncryptionSettings>;
  /** By volume id: the latest modification. */
  readonly modifications: RecordTable<ModificationRecord>;
  /** By resource id. */
  readonly tags: RecordTable<TagsRecord>;
  // Networks, beside the default one that every account has without a record.
  readonly vpcs: RecordTable<VpcRecord>;
  readonly subnets: RecordTable<SubnetRecord>;
  readonly routeTables: RecordTable<RouteTableRecord>;
  readonly gateways: RecordTable<InternetGatewayRecord>;
  readonly groups: RecordTable<SecurityGroupRecord>;
  readonly endpoints: RecordTable<VpcEndpointRecord>;
  readonly leftInterfaces: RecordTable<LeftInterfaceRecord>;
  readonly addresses: RecordTable<ElasticAddressRecord>;
  readonly keyPairs: RecordTable<KeyPairRecord>;
  /** By volume id: volumes that go away with their instance. */
  readonly disposals: RecordTable<object>;

  constructor(records: RecordStore) {
    this.instances = records.table("ec2.instance");
    this.attachments = records.table("ec2.attachment");
    this.images = records.table("ec2.image");
    this.clientTokens = records.table("ec2.client-token");
    this.permissions = records.table("ec2.snapshot-permission");
    this.locks = records.table("ec2.snapshot-lock");
    this.encryption = records.table("ec2.encryption");
    this.modifications = records.table("ec2.volume-modification");
    this.tags = records.table("ec2.tags");
    this.vpcs = records.table("ec2.vpc");
    this.subnets = records.table("ec2.subnet");
    this.routeTables = records.table("ec2.route-table");
    this.gateways = records.table("ec2.internet-gateway");
    this.groups = records.table("ec2.security-group");
    this.leftInterfaces = records.table("ec2.left-interface");
    this.endpoints = records.table("ec2.vpc-endpoint");
    this.addresses = records.table("ec2.elastic-address");
    this.keyPairs = records.table("ec2.key-pair");
    this.disposals = records.table("ec2.disposal");
  }
}
