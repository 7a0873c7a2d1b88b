import type { WireRequest } from "../call.js";
import type { HttpBinding, OperationModel, ServiceModel } from "../service-model.js";
import { decodePercent } from "../wire-request.js";

interface Segment {
  readonly literal: string | undefined;
  readonly label: string;
  /** A label that takes the rest of the path with its slashes. */
  readonly isGreedy: boolean;
}

interface Route {
  readonly operation: OperationModel;
  readonly segments: readonly Segment[];
  /** Query keys that the template demands, with their value where it gives one. */
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
}

export interface RouteMatch {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Finds the operation of a REST request by method, path, query keys and headers.
 *
 * Several operations of S3 share a method and a path: what tells them apart are the query keys of their templates and the
 * query parameters and headers that they require. The one with the most conditions met is meant. `x-id`, which some clients add
 * to tell, decides only between equals, because most clients don't send it.
 */
export class RestRoutes {
  readonly #byMethod = new Map<string, Route[]>();

  constructor(model: ServiceModel) {
    for (const operation of model.operations.values()) {
      const { http } = operation;
      if (http === undefined || operation.hasOwnEndpoint) continue;
      const routes = this.#byMethod.get(http.method) ?? [];
      routes.push(createRoute(operation, http));
      this.#byMethod.set(http.method, routes);
    }
  }

  find(request: WireRequest): RouteMatch | undefined {
    let best: RouteMatch | undefined;
    let bestScore = -1;
    const wanted = request.query.find(([name]) => name === "x-id")?.[1];
    for (const route of this.#byMethod.get(request.method) ?? []) {
      const score = scoreOf(route, request, wanted);
      if (score <= bestScore) continue;
      const labels = matchPath(route.segments, request.rawPath);
      if (labels === undefined) continue;
      best = { operation: route.operation, labels };
      bestScore = score;
    }
    return best;
  }
}

// A condition outweighs the hints that decide between equals.
const CONDITION_WEIGHT = 4;
const NAMED_WEIGHT = 2;
const IMPLEMENTED_WEIGHT = 1;

function scoreOf(route: Route, request: WireRequest, wanted: string | undefined): number {
  for (const [name, value] of route.query) {
    if (!request.query.some(([key, given]) => key === name && (value === "" || given === value))) return -1;
  }
  for (const name of route.requiredQuery) {
    if (!request.query.some(([key]) => key === name)) return -1;
  }
  for (const name of route.requiredHeaders) {
    if (request.headers[name] === undefined) return -1;
  }
  const literals = route.segments.filter((segment) => segment.literal !== undefined).length;
  const conditions = route.query.length + route.requiredQuery.length + route.requiredHeaders.length + literals;
  const hints = (route.operation.name === wanted ? NAMED_WEIGHT : 0) + (route.operation.implementation === undefined ? 0 : IMPLEMENTED_WEIGHT);
  return conditions * CONDITION_WEIGHT + hints;
}

function createRoute(operation: OperationModel, http: HttpBinding): Route {
  const [path = "/", queryText = ""] = http.uri.split("?");
  const segments = path.split("/").filter((part) => part !== "").map(parseSegment);
  const query: [string, string][] = [];
  for (const part of queryText.split("&")) {
    const [name = "", value = ""] = part.split("=");
    if (name !== "" && name !== "x-id") query.push([name, value]);
  }
  const requiredQuery: string[] = [];
  const requiredHeaders: string[] = [];
  for (const member of operation.input.members) {
    const { httpLabel, httpQuery, httpHeader } = member.traits;
    // A label without a place in the path is the bucket, which a virtual host would name: here it is the path's first segment.
    if (httpLabel !== undefined && !segments.some((segment) => segment.label === member.memberName)) {
      segments.unshift({ literal: undefined, label: member.memberName, isGreedy: false });
    }
    if (!member.isRequired) continue;
    if (httpQuery !== undefined && isRoutedByParameters(operation)) requiredQuery.push(httpQuery);
    if (httpHeader !== undefined && isRoutedByParameters(operation)) requiredHeaders.push(httpHeader.toLowerCase());
  }
  return { operation, segments, query, requiredQuery, requiredHeaders };
}

// Only where a path is shared: elsewhere a missing parameter is the caller's mistake, and named as such.
function isRoutedByParameters(operation: OperationModel): boolean {
  return operation.input.members.some((member) => member.traits.httpLabel !== undefined && member.memberName === "Bucket");
}

function parseSegment(part: string): Segment {
  const match = /^\{([^}+]+)(\+?)\}$/.exec(part);
  if (match === null) return { literal: part, label: "", isGreedy: false };
  return { literal: undefined, label: match[1] ?? "", isGreedy: match[2] === "+" };
}

function matchPath(segments: readonly Segment[], rawPath: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  let rest = rawPath.slice(1);
  for (const [index, segment] of segments.entries()) {
    if (segment.isGreedy) {
      if (rest === "") return undefined;
      labels[segment.label] = decodePercent(rest);
      return labels;
    }
    const slash = rest.indexOf("/");
    const part = slash < 0 ? rest : rest.slice(0, slash);
    if (part === "" || (segment.literal !== undefined && segment.literal !== part)) return undefined;
    if (segment.literal === undefined) labels[segment.label] = decodePercent(part);
    rest = slash < 0 ? "" : rest.slice(slash + 1);
    if (slash < 0 && index + 1 < segments.length) return undefined;
  }
  return rest === "" ? labels : undefined;
}
