import { createHash } from "node:crypto";
import type { InstanceRecord } from "./instance-record.js";

export function privateNameOf({ privateIpAddress, region }: Pick<InstanceRecord, "privateIpAddress" | "region">): string {
  const domain = region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
  return `ip-${privateIpAddress.replaceAll(".", "-")}.${domain}`;
}

/** A locally administered address: its second bit says that no maker has given it. */
export function macAddressOf(networkInterfaceId: string): string {
  const digits = createHash("sha256").update(networkInterfaceId).digest("hex").slice(0, 10);
  return `02:${digits.replace(/(..)(?=.)/g, "$1:")}`;
}

/** Empty for an instance that the internet does not know. */
export function publicNameOf({ publicIpAddress, region }: Pick<InstanceRecord, "publicIpAddress" | "region">): string {
  if (publicIpAddress === undefined) return "";
  return `ec2-${publicIpAddress.replaceAll(".", "-")}.${region === "us-east-1" ? "compute-1" : `${region}.compute`}.amazonaws.com`;
}
