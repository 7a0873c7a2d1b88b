import { ServiceError } from "../service.js";

/** An error that the KMS API reference names: KMS answers each of them with 400. */
export function kmsError(
  code:
    | "AccessDeniedException"
    | "AlreadyExistsException"
    | "DisabledException"
    | "DryRunOperationException"
    | "IncorrectKeyException"
    | "InvalidAliasNameException"
    | "InvalidArnException"
    | "InvalidCiphertextException"
    | "InvalidKeyUsageException"
    | "InvalidMarkerException"
    | "KMSInvalidStateException"
    | "LimitExceededException"
    | "MalformedPolicyDocumentException"
    | "NotFoundException"
    | "TagException"
    | "UnsupportedOperationException"
    | "ValidationException",
  message: string,
): ServiceError {
  return new ServiceError(code, 400, message);
}

/** What KMS says of a member that breaks a rule. */
export function violated(member: string, rule: string): ServiceError {
  return kmsError("ValidationException", `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${rule}`);
}
