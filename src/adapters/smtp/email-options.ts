import { checkOptionNames, optionError } from "../../options/option-error.js";

/** By which server e-mails go, from whom and to whom. */
export interface EmailNotifierOptions {
  /** The mail server's name. */
  readonly host: string;
  /** Default: 465 with `security: "tls"`, otherwise 587. */
  readonly port?: number | undefined;
  /** `"starttls"`, the default: refused where the server does not offer it. `"tls"` from the first byte. `"none"`: everybody on the way can read. */
  readonly security?: "starttls" | "tls" | "none" | undefined;
  /** The user to log in as; with `password`. */
  readonly user?: string | undefined;
  /** The user's password, or what gets it at each message. */
  readonly password?: string | (() => Promise<string>) | undefined;
  readonly from: string;
  /** One address or several: everybody sees all of them. */
  readonly to: string | readonly string[];
  /** For each step of the conversation with the server: 1 to 120. Default: 20. */
  readonly timeoutSeconds?: number | undefined;
  /** Certificates (PEM) of a private authority that the server's is checked against. */
  readonly ca?: string | undefined;
}

export interface ResolvedEmailOptions {
  readonly host: string;
  readonly port: number;
  readonly security: "starttls" | "tls" | "none";
  readonly login: { readonly user: string; readonly password: () => Promise<string> } | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly timeoutMs: number;
  readonly ca: string | undefined;
}

const known = ["host", "port", "security", "user", "password", "from", "to", "timeoutSeconds", "ca"];
const maxTimeoutSeconds = 120;
const defaultTimeoutSeconds = 20;
const tlsPort = 465;
const submissionPort = 587;
const maxPort = 65_535;
const maxRecipients = 50;
/** An address as such, without a name around it; what a server takes for one it decides itself. */
const address = /^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\]+$/u;

export function resolveEmailOptions(options: EmailNotifierOptions): ResolvedEmailOptions {
  checkOptionNames(options, known, "e-mails");
  const { host, security = "starttls", user, password, from, timeoutSeconds = defaultTimeoutSeconds, ca } = options;
  const port = options.port ?? (security === "tls" ? tlsPort : submissionPort);
  const to = typeof options.to === "string" ? [options.to] : options.to;
  if (typeof host !== "string" || !/^[A-Za-z0-9.:-]+$/.test(host)) throw optionError("host", "must be the name or address of a mail server.");
  if (!Number.isInteger(port) || port < 1 || port > maxPort) throw optionError("port", `must be a whole number from 1 to ${String(maxPort)}.`);
  if (!["starttls", "tls", "none"].includes(security)) throw optionError("security", 'must be "starttls", "tls" or "none".');
  if ((user === undefined) !== (password === undefined)) throw optionError(user === undefined ? "user" : "password", "is missing: give both or none of user and password.");
  if (user !== undefined && typeof user !== "string") throw optionError("user", "must be a text.");
  if (password !== undefined && typeof password !== "string" && typeof password !== "function") throw optionError("password", "must be a text, or a function that gets it.");
  if (typeof from !== "string" || !address.test(from)) throw optionError("from", "must be an e-mail address.");
  if (!Array.isArray(to) || to.length === 0 || to.length > maxRecipients) throw optionError("to", `must be an e-mail address, or 1 to ${String(maxRecipients)} of them.`);
  for (const [index, one] of to.entries()) if (typeof one !== "string" || !address.test(one)) throw optionError(`to[${String(index)}]`, "must be an e-mail address.");
  if (typeof timeoutSeconds !== "number" || !(timeoutSeconds >= 1 && timeoutSeconds <= maxTimeoutSeconds)) throw optionError("timeoutSeconds", `must be a number from 1 to ${String(maxTimeoutSeconds)}.`);
  if (ca !== undefined && typeof ca !== "string") throw optionError("ca", "must be certificates in PEM.");
  const login = user === undefined || password === undefined ? undefined : { user, password: typeof password === "function" ? password : () => Promise.resolve(password) };
  return { host, port, security, login, from, to: [...(to as readonly string[])], timeoutMs: timeoutSeconds * 1_000, ca };
}
