import type * as ebs from "@aws-sdk/client-ebs";
import type * as ec2 from "@aws-sdk/client-ec2";
import type * as iam from "@aws-sdk/client-iam";
import type * as kms from "@aws-sdk/client-kms";
import type * as s3 from "@aws-sdk/client-s3";
import type * as quotas from "@aws-sdk/client-service-quotas";
import type * as sns from "@aws-sdk/client-sns";
import type * as sts from "@aws-sdk/client-sts";
import { createRequire } from "node:module";
import { ConfigurationError } from "../../../errors/index.js";

export type EbsPackage = typeof ebs;
export type Ec2Package = typeof ec2;
export type IamPackage = typeof iam;
export type KmsPackage = typeof kms;
export type QuotasPackage = typeof quotas;
export type S3Package = typeof s3;
export type SnsPackage = typeof sns;
export type StsPackage = typeof sts;

/** How a package is had when it is first needed: the clients take longer to load than all the rest of the engine. */
export interface AwsPackage<Package> {
  readonly load: () => Promise<Package>;
}

/** One that is had at once, too, for who asks an account for a client itself. Node gives `import` and `require` the same module. */
export interface RequiredAwsPackage<Package> extends AwsPackage<Package> {
  readonly require: () => Package;
}

const requireHere = createRequire(import.meta.url);

export const ebsPackage: RequiredAwsPackage<EbsPackage> = { load: async () => await import("@aws-sdk/client-ebs"), require: () => required("@aws-sdk/client-ebs") as EbsPackage };
export const ec2Package: RequiredAwsPackage<Ec2Package> = { load: async () => await import("@aws-sdk/client-ec2"), require: () => required("@aws-sdk/client-ec2") as Ec2Package };
export const iamPackage: RequiredAwsPackage<IamPackage> = { load: async () => await import("@aws-sdk/client-iam"), require: () => required("@aws-sdk/client-iam") as IamPackage };
export const s3Package: RequiredAwsPackage<S3Package> = { load: async () => await import("@aws-sdk/client-s3"), require: () => required("@aws-sdk/client-s3") as S3Package };
export const stsPackage: RequiredAwsPackage<StsPackage> = { load: async () => await import("@aws-sdk/client-sts"), require: () => required("@aws-sdk/client-sts") as StsPackage };

export const kmsPackage = optional("@aws-sdk/client-kms", { use: "KMS needs", reason: "only repositories whose key is kept by KMS need it" }, async () => await import("@aws-sdk/client-kms"));
export const snsPackage = optional("@aws-sdk/client-sns", { use: "SNS needs", reason: "only messages to topics need it" }, async () => await import("@aws-sdk/client-sns"));
export const quotasPackage = optional("@aws-sdk/client-service-quotas", { use: "Quotas are asked for by", reason: "only a preflight of workers needs it" }, async () => await import("@aws-sdk/client-service-quotas"));

/** An optional peer: `ConfigurationError` (`MissingPackage`) where it is not installed. */
function optional<Package>(name: string, { use, reason }: { readonly use: string; readonly reason: string }, load: () => Promise<Package>): AwsPackage<Package> {
  return {
    load: async () => {
      try {
        return await load();
      } catch (cause) {
        if (!isMissing(cause, "ERR_MODULE_NOT_FOUND", name)) throw cause;
        throw new ConfigurationError(`${use} the package ${name}, which is not installed: npm install ${name}. It is optional, since ${reason}.`, { code: "MissingPackage", context: { package: name }, cause });
      }
    },
  };
}

/** A bundle has what the engine imports, and cannot have what is required at once: there the package must lie beside it. */
function required(name: string): unknown {
  try {
    return requireHere(name);
  } catch (cause) {
    if (!isMissing(cause, "MODULE_NOT_FOUND", name)) throw cause;
    throw new ConfigurationError(`The client itself is in the package ${name}, which is not installed: npm install ${name}; keep it out of a bundle, or make the client yourself and give it to AwsAccount as one of its clients.`, { code: "MissingPackage", context: { package: name }, cause });
  }
}

function isMissing(cause: unknown, code: string, name: string): boolean {
  return cause instanceof Error && "code" in cause && cause.code === code && cause.message.includes(`'${name}'`);
}
