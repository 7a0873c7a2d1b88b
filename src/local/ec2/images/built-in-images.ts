import { derivedId } from "../resource-id.js";
import type { ImageRecord } from "./image-record.js";

/** The account that owns the images of Amazon Linux. */
const AMAZON_ACCOUNT = "137112412989";

const KINDS = [
  { name: "al2023-ami-2023.6.20250107.0-kernel-6.1", createdAt: "2025-01-07T22:14:05.000Z", description: "Amazon Linux 2023 AMI 2023.6.20250107.0" },
  { name: "al2023-ami-2023.9.20251014.0-kernel-6.12", createdAt: "2025-10-14T20:02:41.000Z", description: "Amazon Linux 2023 AMI 2023.9.20251014.0" },
] as const;

const ROOT_DEVICE = "/dev/xvda";
const ROOT_GIB = 8;

/** The images that every account sees in a region. Their root volumes come from no snapshot: they begin empty. */
export function builtInImages(region: string): ImageRecord[] {
  return [...linuxImages(region), licensedImage(region)];
}

function linuxImages(region: string): ImageRecord[] {
  return KINDS.flatMap(({ name, createdAt, description }) =>
    (["x86_64", "arm64"] as const).map(
      (architecture): ImageRecord => ({
        imageId: derivedId("ami", region, name, architecture),
        accountId: AMAZON_ACCOUNT,
        ownerAlias: "amazon",
        region,
        name: `${name}-${architecture}`,
        description: `${description} ${architecture} HVM`,
        architecture,
        rootDeviceName: ROOT_DEVICE,
        devices: [{ deviceName: ROOT_DEVICE, sizeGib: ROOT_GIB, volumeType: "gp3", deleteOnTermination: true }],
        createdAt,
        isPublic: true,
        enaSupport: true,
        bootMode: architecture === "arm64" ? "uefi" : "uefi-preferred",
        imdsSupport: "v2.0",
        tags: {},
      }),
    ),
  );
}

/** An image of the marketplace whose licences come with it: what is launched from it is billed, and a snapshot of its volumes does not carry that. */
function licensedImage(region: string): ImageRecord {
  const name = "Windows_Server-2022-English-Full-with-product-2025.10.15";
  return {
    imageId: derivedId("ami", region, name),
    accountId: "679593333241",
    ownerAlias: "aws-marketplace",
    region,
    name,
    description: "Microsoft Windows Server 2022 with a product",
    architecture: "x86_64",
    rootDeviceName: "/dev/sda1",
    devices: [{ deviceName: "/dev/sda1", sizeGib: ROOT_GIB, volumeType: "gp3", deleteOnTermination: true }],
    createdAt: "2025-10-15T08:00:00.000Z",
    isPublic: true,
    enaSupport: true,
    bootMode: "uefi-preferred",
    licence: { platform: "Windows", platformDetails: "Windows", usageOperation: "RunInstances:0002", productCodes: ["d8bvvq5z1q5dz1p0x1f9m3p1k"] },
    tags: {},
  };
}
