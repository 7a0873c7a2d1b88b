import ts from "typescript";

/** Each public constructor, method and function that takes an object of options: `Class.method`, `Class.static`, `new Class`, `function`. */
export function listOptions(program: ts.Program, path: string): string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${path} exports nothing.`);
  const found = new Set<string>();
  const note = (name: string, declarations: readonly ts.Declaration[] = []): void => {
    if (declarations.some((declaration) => isCallable(declaration) && !isHidden(declaration) && declaration.parameters.some((parameter) => isOptions(checker, parameter)))) found.add(name);
  };
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    note(exported.name, symbol.declarations);
    if (!(symbol.flags & ts.SymbolFlags.Class)) continue;
    const statics = checker.getTypeOfSymbol(symbol);
    if (!isTypeOnly(exported)) note(`new ${exported.name}`, statics.getConstructSignatures().map((signature) => signature.getDeclaration()));
    for (const type of [...(isTypeOnly(exported) ? [] : [statics]), checker.getDeclaredTypeOfSymbol(symbol)]) {
      for (const member of checker.getPropertiesOfType(type)) note(`${exported.name}.${member.name}`, member.declarations);
    }
  }
  return [...found].sort();
}

function isTypeOnly({ declarations = [] }: ts.Symbol): boolean {
  return declarations.some((declaration) => ts.isExportSpecifier(declaration) && (declaration.isTypeOnly || declaration.parent.parent.isTypeOnly));
}

function isCallable(declaration: ts.Declaration): declaration is ts.SignatureDeclaration {
  return ts.isFunctionDeclaration(declaration) || ts.isMethodDeclaration(declaration) || ts.isConstructorDeclaration(declaration);
}

function isHidden(declaration: ts.SignatureDeclaration): boolean {
  const isOurs = declaration.getSourceFile().fileName.includes("/src/");
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  if (!isOurs || (declaration.name !== undefined && ts.isPrivateIdentifier(declaration.name))) return true;
  return (ts.getCombinedModifierFlags(declaration) & hidden) !== 0 || ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === "internal");
}

/** Options are taken apart where they are declared, or named for what they are. */
function isOptions(checker: ts.TypeChecker, { name, type }: ts.ParameterDeclaration): boolean {
  if (ts.isObjectBindingPattern(name)) return true;
  return ts.isIdentifier(name) && (name.text === "options" || (type !== undefined && /Options$|^(FileRange|RecoveryPlace)$/.test(checker.typeToString(checker.getTypeFromTypeNode(type)))));
}
