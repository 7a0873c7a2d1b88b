import ts from "typescript";

/** What an entry of the package gives: one line for each export, with its kind and its public members. */
export function listExports(program: ts.Program, path: string): string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${path} exports nothing.`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => describe(checker, symbol))
    .sort();
}

function describe(checker: ts.TypeChecker, exported: ts.Symbol): string {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const kind = kindOf(symbol);
  if (kind !== "class") return `${kind} ${exported.name}`;
  const statics = checker.getPropertiesOfType(checker.getTypeOfSymbol(symbol)).map(({ name }) => `.${name}`);
  const members = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).filter(isPublic).map(({ name }) => name.replace(/^__@(\w+?)(@\d+)?$/, "[$1]"));
  const listed = [...statics.filter((name) => name !== ".prototype" && !builtIn.has(name)), ...members].sort();
  return `class ${exported.name} { ${listed.join(", ")} }`;
}

/** What every class has of Error in this version of Node. */
const builtIn: ReadonlySet<string> = new Set([".captureStackTrace", ".prepareStackTrace", ".stackTraceLimit", ".isError"]);

function kindOf({ flags }: ts.Symbol): string {
  if (flags & ts.SymbolFlags.Class) return "class";
  if (flags & ts.SymbolFlags.Function) return "function";
  return flags & ts.SymbolFlags.Type ? "type" : "value";
}

function isPublic(member: ts.Symbol): boolean {
  if (member.name.startsWith("#") || member.name.startsWith("__#")) return false;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (member.declarations ?? []).every((declaration) => (ts.getCombinedModifierFlags(declaration) & hidden) === 0);
}
