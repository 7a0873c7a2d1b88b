import type { SendMailOptions } from "nodemailer";
import type { Options } from "nodemailer/lib/smtp-transport/index.js";
import { ConfigurationError } from "../../errors/index.js";

const packageName = "nodemailer";

/** One connection's worth of a mail transport: what is used of nodemailer. */
export interface MailTransport {
  sendMail(message: SendMailOptions): Promise<{ readonly rejected: readonly unknown[] }>;
  close(): void;
}

/** Makes a transport by the package `nodemailer`, loaded when it is first used; `ConfigurationError` (`MissingPackage`) where it is not installed. */
export async function openMailTransport(options: Options): Promise<MailTransport> {
  try {
    const { createTransport } = await import("nodemailer");
    return createTransport(options);
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND" && cause.message.includes(`'${packageName}'`);
    if (!isMissing) throw cause;
    throw new ConfigurationError(`E-mail needs the package ${packageName}, which is not installed: npm install ${packageName}. It is optional, since only e-mail needs it.`, { code: "MissingPackage", context: { package: packageName }, cause });
  }
}
