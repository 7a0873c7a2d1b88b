import { inspect } from "node:util";
import { HoldfastError, type HoldfastErrorOptions } from "./holdfast-error.js";
import { printError } from "./print-error.js";

/** What a provider's error carries beside the rest. */
export interface ProviderErrorOptions extends HoldfastErrorOptions {
  /** The service, as AWS names it in signatures: `ebs`, `ec2`, `s3`, `sts`, `iam`, `kms`; or `directory`. */
  readonly service: string;
  readonly operation: string;
  readonly requestId?: string | undefined;
  /** The provider's own error code, e.g. `AccessDenied` or `ENOSPC`. */
  readonly awsCode?: string | undefined;
}

/** AWS (or the file system) refused or failed: permission, throttling, quota, network, no room. */
export class ProviderError extends HoldfastError {
  readonly service: string;
  readonly operation: string;
  readonly requestId: string | undefined;
  readonly awsCode: string | undefined;

  constructor(message: string, options: ProviderErrorOptions) {
    super(message, options);
    this.service = options.service;
    this.operation = options.operation;
    this.requestId = options.requestId;
    this.awsCode = options.awsCode;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), service: this.service, operation: this.operation, requestId: this.requestId, awsCode: this.awsCode };
  }

  override [inspect.custom](): string {
    const { awsCode, requestId } = this;
    return printError(this, [`${this.service}:${this.operation}${awsCode === undefined ? "" : ` said ${awsCode}`}${requestId === undefined ? "" : `, request ${requestId}`}`]);
  }
}
