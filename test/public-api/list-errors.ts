import { relative } from "node:path";
import ts from "typescript";
import { shapeOf } from "./message-shape.js";

/** An error of the engine's own, as its users meet it: all places that raise it together. */
export interface ListedError {
  readonly code: string;
  /** One, or the code means two things. */
  readonly classes: readonly string[];
  readonly retryable: "no" | "yes" | "sometimes";
  /** The messages, with `<names>` for what differs. */
  readonly messages: readonly string[];
}

/** What carries errors of elsewhere on, with the codes that they have there. */
const carriers: readonly string[] = ["src/mover/protocol/error-document.ts"];

/** Every error that the engine raises on purpose, by its code. Raises where a code is no literal and so on no list. */
export function listErrors(program: ts.Program): ListedError[] {
  const found = new Map<string, { classes: Set<string>; retryable: Set<ListedError["retryable"]>; messages: Set<string> }>();
  const checker = program.getTypeChecker();
  for (const source of program.getSourceFiles()) {
    const file = relative(process.cwd(), source.fileName);
    if (!file.startsWith("src/") || /^src\/(local|testing)\/|\.test\.ts$/.test(file)) continue;
    visit(source, ({ name, message, options }) => {
      const codes = codesOf(checker, options);
      if (codes === undefined && carriers.includes(file)) return;
      if (codes === undefined) throw new Error(`${file}: a ${name} has a code that cannot be told by its type: ${options.getText()}`);
      for (const code of codes) {
        const entry = found.get(code) ?? { classes: new Set(), retryable: new Set(), messages: new Set() };
        found.set(code, entry);
        entry.classes.add(name);
        entry.retryable.add(retryableOf(options, code));
        entry.messages.add(shapeOf(checker, message));
      }
    });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, { classes, retryable, messages }]) => ({ code, classes: [...classes], retryable: retryable.size === 1 ? ([...retryable][0] ?? "no") : "sometimes", messages: [...messages].sort() }));
}

interface Raised {
  readonly name: string;
  readonly message: ts.Expression;
  readonly options: ts.ObjectLiteralExpression;
}

const classes: ReadonlySet<string> = new Set(["ConfigurationError", "NotFoundError", "ConflictError", "IntegrityError", "ProviderError", "PartialFailureError", "IllegalStateError"]);

function visit(node: ts.Node, raised: (error: Raised) => void): void {
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
    const name = ts.isNewExpression(node) ? node.expression.getText() : node.expression.kind === ts.SyntaxKind.SuperKeyword ? parentClassOf(node) : undefined;
    const [message, options] = node.arguments ?? [];
    if (name !== undefined && classes.has(name) && message !== undefined && options !== undefined && ts.isObjectLiteralExpression(options)) raised({ name, message, options });
    else if (name !== undefined && classes.has(name) && ts.isNewExpression(node) && !(options !== undefined && ts.isIdentifier(options))) throw new Error(`${node.getSourceFile().fileName}: a ${name} without its options in place: ${node.getText()}`);
  }
  ts.forEachChild(node, (child) => {
    visit(child, raised);
  });
}

function parentClassOf(node: ts.Node): string | undefined {
  if (ts.isSourceFile(node)) return undefined;
  return ts.isClassDeclaration(node) ? node.heritageClauses?.[0]?.types[0]?.expression.getText() : parentClassOf(node.parent);
}

/** The codes that the type of `code` allows; `undefined` where any text is one. */
function codesOf(checker: ts.TypeChecker, options: ts.ObjectLiteralExpression): string[] | undefined {
  const property = options.properties.find((one) => one.name?.getText() === "code");
  const type = property === undefined ? undefined : typeOf(checker, property);
  const parts = type === undefined ? [] : type.isUnion() ? type.types : [type];
  const codes = parts.filter((part) => !(part.flags & ts.TypeFlags.Undefined)).map((part) => (part.isStringLiteral() ? part.value : undefined));
  return codes.length > 0 && codes.every((code) => code !== undefined) ? codes : undefined;
}

function typeOf(checker: ts.TypeChecker, property: ts.ObjectLiteralElementLike): ts.Type | undefined {
  if (ts.isPropertyAssignment(property)) return checker.getTypeAtLocation(property.initializer);
  const symbol = ts.isShorthandPropertyAssignment(property) ? checker.getShorthandAssignmentValueSymbol(property) : undefined;
  return symbol === undefined || property.name === undefined ? undefined : checker.getTypeOfSymbolAtLocation(symbol, property.name);
}

function retryableOf(options: ts.ObjectLiteralExpression, code: string): ListedError["retryable"] {
  const property = options.properties.find((one) => one.name?.getText() === "retryable");
  if (property === undefined) return "no";
  return ts.isPropertyAssignment(property) ? truthOf(property.initializer, code) : "sometimes";
}

/** What is known without running it: `true`, `false`, and a comparison of the code with others. */
function truthOf(expression: ts.Expression, code: string): ListedError["retryable"] {
  if (expression.kind === ts.SyntaxKind.TrueKeyword) return "yes";
  if (expression.kind === ts.SyntaxKind.FalseKeyword) return "no";
  if (!ts.isBinaryExpression(expression)) return "sometimes";
  const { left, operatorToken, right } = expression;
  if (operatorToken.kind === ts.SyntaxKind.BarBarToken) {
    const parts = [truthOf(left, code), truthOf(right, code)];
    return parts.includes("yes") ? "yes" : parts.includes("sometimes") ? "sometimes" : "no";
  }
  const isOfCode = operatorToken.kind === ts.SyntaxKind.EqualsEqualsEqualsToken && /(^|\.)code$/.test(left.getText()) && ts.isStringLiteral(right);
  return isOfCode ? (right.text === code ? "yes" : "no") : "sometimes";
}
