/** A block device of an image. */
export interface ImageDevice {
  readonly deviceName: string;
  readonly snapshotId?: string;
  readonly sizeGib: number;
  readonly volumeType: string;
  readonly iops?: number;
  readonly throughputMiBps?: number;
  readonly encrypted?: boolean;
  readonly deleteOnTermination: boolean;
}

/** What running an image is billed as beside the machine. */
export interface ImageLicence {
  readonly platform?: "Windows";
  readonly platformDetails: string;
  readonly usageOperation: string;
  readonly productCodes: readonly string[];
}

/** An image, registered by an account or built in. */
export interface ImageRecord {
  readonly imageId: string;
  readonly accountId: string;
  readonly ownerAlias?: string;
  readonly region: string;
  readonly name: string;
  readonly description: string;
  readonly architecture: "x86_64" | "arm64";
  readonly rootDeviceName: string;
  readonly devices: readonly ImageDevice[];
  readonly createdAt: string;
  readonly isPublic: boolean;
  readonly enaSupport: boolean;
  readonly bootMode?: string;
  readonly imdsSupport?: string;
  readonly tpmSupport?: string;
  /** Undefined for plain Linux, as is everything that is registered out of a snapshot. */
  readonly licence?: ImageLicence;
  readonly tags: Readonly<Record<string, string>>;
}
