import { ServiceError } from "../service.js";

export function noSuchBucket(bucket: string): ServiceError {
  return new ServiceError("NoSuchBucket", 404, "The specified bucket does not exist", { BucketName: bucket });
}

export function noSuchKey(key: string, members: Readonly<Record<string, unknown>> = {}): ServiceError {
  return new ServiceError("NoSuchKey", 404, "The specified key does not exist.", { Key: key, ...members });
}

export function noSuchVersion(key: string, versionId: string): ServiceError {
  return new ServiceError("NoSuchVersion", 404, "The specified version does not exist.", { Key: key, VersionId: versionId });
}

export function noSuchUpload(uploadId: string): ServiceError {
  const message =
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
  return new ServiceError("NoSuchUpload", 404, message, { UploadId: uploadId });
}

export function methodNotAllowed(method: string, members: Readonly<Record<string, unknown>> = {}): ServiceError {
  const message = "The specified method is not allowed against this resource.";
  return new ServiceError("MethodNotAllowed", 405, message, { Method: method, ...members });
}

export function preconditionFailed(condition: string): ServiceError {
  const message = "At least one of the pre-conditions you specified did not hold";
  return new ServiceError("PreconditionFailed", 412, message, { Condition: condition });
}

export function conditionalRequestConflict(key: string): ServiceError {
  const message =
    "The conditional request cannot succeed due to a conflicting operation against this resource.";
  return new ServiceError("ConditionalRequestConflict", 409, message, { Condition: "If-None-Match", Key: key });
}

export function operationAborted(bucket: string): ServiceError {
  const message = "A conflicting conditional operation is currently in progress against this resource. Please try again.";
  return new ServiceError("OperationAborted", 409, message, { BucketName: bucket });
}

export function accessDenied(message = "Access Denied"): ServiceError {
  return new ServiceError("AccessDenied", 403, message);
}

export function invalidArgument(message: string, name?: string, value?: unknown): ServiceError {
  const members = name === undefined ? {} : { ArgumentName: name, ArgumentValue: String(value) };
  return new ServiceError("InvalidArgument", 400, message, members);
}

export function invalidRequest(message: string): ServiceError {
  return new ServiceError("InvalidRequest", 400, message);
}

export function malformedXml(): ServiceError {
  const message = "The XML you provided was not well-formed or did not validate against our published schema";
  return new ServiceError("MalformedXML", 400, message);
}

export function notImplemented(header: string): ServiceError {
  const message = "A header you provided implies functionality that is not implemented";
  return new ServiceError("NotImplemented", 501, message, { Header: header });
}

export function badDigest(message: string): ServiceError {
  return new ServiceError("BadDigest", 400, message);
}
