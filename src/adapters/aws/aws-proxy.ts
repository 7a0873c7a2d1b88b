import { checkOptionNames, optionError } from "../../options/option-error.js";

/** An HTTP proxy. Its URL may hold a password: it stands in no error and no log. */
export interface AwsProxy {
  /** `http://proxy.example:3128`, with `user:password@` where it asks for them. */
  readonly url: string;
  /** Hosts that are called without it, as `NO_PROXY` names them: `169.254.169.254,.internal.example`. */
  readonly except?: string | undefined;
}

/** Raises `ConfigurationError` naming the path, never the value. */
export function checkProxy(path: string, { url, except, ...rest }: AwsProxy): void {
  checkOptionNames({ url, except, ...rest }, ["url", "except"], "a proxy", path);
  if (except !== undefined && typeof except !== "string") throw optionError(`${path}.except`, "must be hosts, with commas between them.");
  if (typeof url !== "string" || !/^https?:\/\/./.test(url) || !URL.canParse(url)) throw optionError(`${path}.url`, 'must be the URL of a proxy, like "http://proxy.example:3128".');
}

/** The proxy that the environment names for calls to `endpoint`, as other programs read it: lower-case names come first (curl(1), "Environment"). */
export function proxyOfEnvironment(endpoint: string | undefined, environment: NodeJS.ProcessEnv = process.env): AwsProxy | undefined {
  const of = (name: string): string | undefined => [environment[name.toLowerCase()], environment[name]].find((value) => value !== undefined && value !== "");
  const url = endpoint?.startsWith("http:") === true ? of("HTTP_PROXY") : of("HTTPS_PROXY");
  if (url === undefined) return undefined;
  const except = of("NO_PROXY");
  return { url: url.includes("://") ? url : `http://${url}`, ...(except !== undefined && { except }) };
}
