import { Policy } from "../policies/policy.js";
import type { CallWay } from "./call-origin.js";
import type { Caller } from "./caller.js";

const MAX_COMPILED = 64;
const compiled = new Map<string, Policy>();

/** A caller who comes through an endpoint with a policy: he may do only what that allows too, whoever he is. What the service asks of KMS in his name does not come that way. */
export function throughEndpoint(caller: Caller, way: CallWay | undefined, service: string): Caller {
  const text = way?.policy;
  if (text === undefined) return caller;
  return {
    ...caller,
    judge: (request) => {
      const judgement = caller.judge(request);
      if (request.action.startsWith("kms:") && service !== "kms") return judgement;
      const { verdict } = parse(text).evaluateFor({ ...request, principal: caller.principal });
      return verdict === "allow" ? judgement : { ...judgement, session: verdict };
    },
  };
}

function parse(text: string): Policy {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const policy = Policy.parse(text, "resource");
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(text, policy);
  return policy;
}
