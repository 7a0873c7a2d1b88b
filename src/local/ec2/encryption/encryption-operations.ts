import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { encryptionSettings, saveEncryptionSettings } from "./encryption-settings.js";
import { defaultKeyArn, keyArnOf } from "./kms-key.js";

export function getEncryptionByDefault(environment: Ec2Environment, _input: object, context: RequestContext): ec2.GetEbsEncryptionByDefaultResult {
  return { EbsEncryptionByDefault: encryptionSettings(environment, context).isOnByDefault };
}

export function enableEncryptionByDefault(environment: Ec2Environment, _input: object, context: RequestContext): ec2.EnableEbsEncryptionByDefaultResult {
  saveEncryptionSettings(environment, context, { ...encryptionSettings(environment, context), isOnByDefault: true });
  return { EbsEncryptionByDefault: true };
}

export function disableEncryptionByDefault(environment: Ec2Environment, _input: object, context: RequestContext): ec2.DisableEbsEncryptionByDefaultResult {
  saveEncryptionSettings(environment, context, { ...encryptionSettings(environment, context), isOnByDefault: false });
  return { EbsEncryptionByDefault: false };
}

export function getDefaultKey(environment: Ec2Environment, _input: object, context: RequestContext): ec2.GetEbsDefaultKmsKeyIdResult {
  const chosen = encryptionSettings(environment, context).defaultKeyArn;
  return { KmsKeyId: chosen ?? "alias/aws/ebs" };
}

export function modifyDefaultKey(
  environment: Ec2Environment,
  input: ec2.ModifyEbsDefaultKmsKeyIdRequest,
  context: RequestContext,
): ec2.ModifyEbsDefaultKmsKeyIdResult {
  const chosen = keyArnOf(context, input.KmsKeyId ?? "");
  saveEncryptionSettings(environment, context, { ...encryptionSettings(environment, context), defaultKeyArn: chosen });
  return { KmsKeyId: chosen };
}

export function resetDefaultKey(environment: Ec2Environment, _input: object, context: RequestContext): ec2.ResetEbsDefaultKmsKeyIdResult {
  const { isOnByDefault } = encryptionSettings(environment, context);
  saveEncryptionSettings(environment, context, { isOnByDefault });
  return { KmsKeyId: defaultKeyArn(context) };
}
