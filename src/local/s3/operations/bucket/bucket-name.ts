import { ServiceError } from "../../../service.js";

const RESERVED_PREFIXES = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/** Refuses names that a general purpose bucket can't have. Source: Amazon S3 user guide, "General purpose bucket naming rules". */
export function assertBucketName(name: string | undefined): string {
  const isValid =
    name !== undefined &&
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes("..") &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) &&
    !RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix));
  if (isValid) return name;
  throw new ServiceError("InvalidBucketName", 400, "The specified bucket is not valid.", { BucketName: name ?? "" });
}
