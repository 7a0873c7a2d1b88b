import { relative } from "node:path";
import ts from "typescript";
import { shapeOf } from "./message-shape.js";

/** A finding of a plan or a preflight, in one of the places where it is made. */
export interface ListedFinding {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Every finding whose code, message and remedy stand together: as an object, or as the arguments of a function that takes just these. */
export function listFindings(program: ts.Program): ListedFinding[] {
  const checker = program.getTypeChecker();
  const found: ListedFinding[] = [];
  const note = (code: ts.Expression | undefined, message: ts.Expression | undefined, remedy: ts.Expression | undefined): void => {
    const type = code === undefined ? undefined : checker.getTypeAtLocation(code);
    if (message !== undefined && type?.isStringLiteral() === true) found.push({ code: type.value, message: shapeOf(checker, message), remedy: remedy === undefined ? "<remedy>" : shapeOf(checker, remedy) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node) && valueOf(node, "severity") !== undefined) note(valueOf(node, "code"), valueOf(node, "message"), valueOf(node, "remedy"));
    if (ts.isCallExpression(node)) {
      const names = checker.getResolvedSignature(node)?.parameters.map(({ name }) => name) ?? [];
      const argument = (name: string): ts.Expression | undefined => (names.includes(name) ? node.arguments[names.indexOf(name)] : undefined);
      if (names.includes("remedy")) note(argument("code"), argument("message"), argument("remedy"));
    }
    ts.forEachChild(node, visit);
  };
  for (const source of program.getSourceFiles()) {
    const file = relative(process.cwd(), source.fileName);
    if (/^src\/(restore|workers)\//.test(file) && !file.endsWith(".test.ts")) visit(source);
  }
  const order = ({ code, message }: ListedFinding): string => `${code} ${message}`;
  return found.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function valueOf(object: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const property = object.properties.find((one) => one.name?.getText() === name);
  if (property === undefined) return undefined;
  return ts.isPropertyAssignment(property) ? property.initializer : ts.isShorthandPropertyAssignment(property) ? property.name : undefined;
}
