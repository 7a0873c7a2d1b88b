import ts from "typescript";

/** A message with the names of what stands in it: `There is no object <name> in <location>.` */
export function shapeOf(checker: ts.TypeChecker, message: ts.Expression): string {
  const type = checker.getTypeAtLocation(message);
  if (type.isStringLiteral()) return type.value;
  if (ts.isTemplateExpression(message)) return message.head.text + message.templateSpans.map(({ expression, literal }) => partOf(checker, expression) + literal.text).join("");
  const made = ts.isIdentifier(message) ? constantOf(checker, message) : undefined;
  if (made !== undefined) return shapeOf(checker, made);
  return (ts.isCallExpression(message) ? calledShapeOf(checker, message) : undefined) ?? `<${nameOf(message)}>`;
}

function constantOf(checker: ts.TypeChecker, name: ts.Identifier): ts.Expression | undefined {
  const declaration = checker.getSymbolAtLocation(name)?.valueDeclaration;
  return declaration !== undefined && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
}

/** Of a call of a function that is nothing but a text with its argument in it. */
function calledShapeOf(checker: ts.TypeChecker, { expression, arguments: [argument] }: ts.CallExpression): string | undefined {
  const called = ts.isIdentifier(expression) ? constantOf(checker, expression) : undefined;
  if (called === undefined || argument === undefined || !ts.isArrowFunction(called) || ts.isBlock(called.body)) return undefined;
  const [parameter] = called.parameters;
  return parameter === undefined ? undefined : shapeOf(checker, called.body).replace(`<${parameter.name.getText()}>`, shapeOf(checker, argument));
}

function partOf(checker: ts.TypeChecker, expression: ts.Expression): string {
  const type = checker.getTypeAtLocation(expression);
  return type.isStringLiteral() || type.isNumberLiteral() ? String(type.value) : `<${nameOf(expression)}>`;
}

/** `point.id` and `String(point.id)` are `id`, `names.join(", ")` are `names`; what is more than a name is `…`. */
function nameOf(expression: ts.Expression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text === "length" ? `number of ${nameOf(expression.expression)}` : expression.name.text;
  if (ts.isCallExpression(expression)) {
    const { expression: called, arguments: [argument] } = expression;
    if (ts.isIdentifier(called)) return argument === undefined ? "…" : nameOf(argument);
    if (ts.isPropertyAccessExpression(called)) return ["stringify", "round", "max"].includes(called.name.text) && argument !== undefined ? nameOf(argument) : nameOf(called.expression);
  }
  if (ts.isBinaryExpression(expression)) return nameOf(expression.left);
  if (ts.isParenthesizedExpression(expression) || ts.isNonNullExpression(expression)) return nameOf(expression.expression);
  return "…";
}
