import { isStaticSchema } from "@smithy/core/schema";
import type { Operation, ServiceDefinition } from "../service.js";
import { Shape } from "./shape.js";

const OPERATION_SCHEMA_ID = 9;
const ERROR_SCHEMA_ID = -3;

/** The method, path template (with literal query keys) and success status of an operation of a REST protocol. */
export interface HttpBinding {
  readonly method: string;
  readonly uri: string;
  readonly status: number;
}

export interface OperationModel {
  readonly name: string;
  readonly input: Shape;
  readonly output: Shape;
  readonly http: HttpBinding | undefined;
  /** Whether the operation goes to an endpoint of its own, beside the service's. */
  readonly hasOwnEndpoint: boolean;
  readonly implementation: Operation | undefined;
}

/** A service as its client's schemas describe it, joined with what this cloud implements of it. */
export class ServiceModel {
  readonly definition: ServiceDefinition;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** Modelled errors by the name that goes over the wire. */
  readonly errors: ReadonlyMap<string, Shape>;

  constructor(definition: ServiceDefinition) {
    this.definition = definition;
    const operations = new Map<string, OperationModel>();
    const errors = new Map<string, Shape>();
    for (const schema of Object.values(definition.schemas)) {
      if (!isSchema(schema)) continue;
      if (schema[0] === OPERATION_SCHEMA_ID) {
        const [, , name, , input, output] = schema;
        const { http, endpoint } = Shape.of(schema).traits;
        operations.set(name, {
          name,
          input: Shape.of(resolve(input)),
          output: Shape.of(resolve(output)),
          http: http === undefined ? undefined : { method: http[0], uri: http[1], status: http[2] },
          hasOwnEndpoint: endpoint !== undefined,
          implementation: definition.operations[name],
        });
      } else if (schema[0] === ERROR_SCHEMA_ID) {
        errors.set(schema[2], Shape.of(schema));
      }
    }
    this.operations = operations;
    this.errors = errors;
    for (const name of Object.keys(definition.operations)) {
      if (!operations.has(name)) throw new TypeError(`The client of ${definition.signingName} publishes no operation ${name}.`);
    }
  }
}

type StaticSchema = Extract<Parameters<typeof Shape.of>[0], readonly [number, ...unknown[]]>;

function isSchema(value: unknown): value is StaticSchema {
  return Array.isArray(value) && isStaticSchema(value as never);
}

function resolve<T>(reference: T | (() => T)): T {
  return typeof reference === "function" ? (reference as () => T)() : reference;
}
