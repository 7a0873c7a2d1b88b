import type { ReadKey } from "../policies/policy-request.js";
import type { RequestContext } from "../service.js";

/**
 * What is known of every request, by condition key, and what `more` knows of this one.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function requestKeys(context: RequestContext, more?: ReadKey): ReadKey {
  return (key) => more?.(key) ?? context.caller?.read(key) ?? readGlobal(key, context);
}

function readGlobal(key: string, context: RequestContext): readonly string[] | undefined {
  const { way } = context;
  const one = (value: string | undefined): readonly string[] | undefined => (value === undefined ? undefined : [value]);
  switch (key) {
    case "aws:principalaccount":
      return [context.accountId];
    case "aws:principalarn":
      return [context.caller?.principal.roleArn ?? context.principalArn];
    case "aws:requestedregion":
      return [context.region];
    case "aws:currenttime":
      return [context.clock.now().toISOString()];
    case "aws:epochtime":
      return [String(Math.floor(context.clock.now().getTime() / 1000))];
    // Requests over loopback count as secure: the usual policy that denies plain HTTP must not stop the local cloud.
    case "aws:securetransport":
      return ["true"];
    case "aws:viaawsservice":
      return ["false"];
    case "aws:useragent":
      return one(context.headers["user-agent"]);
    case "aws:sourcevpc":
      return one(way?.vpcEndpointId === undefined ? undefined : way.vpcId);
    case "aws:sourcevpce":
      return one(way?.vpcEndpointId);
    case "aws:vpcsourceip":
      return one(way?.vpcEndpointId === undefined ? undefined : way.sourceIp);
    case "aws:sourceip":
      return way === undefined ? ["127.0.0.1"] : one(way.vpcEndpointId === undefined ? way.sourceIp : undefined);
    default:
      return undefined;
  }
}
