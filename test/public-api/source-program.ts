import ts from "typescript";

/** What the package is built of: its entries, and the program on a worker. */
export const entries = ["src/index.ts", "src/local/index.ts", "src/object-store/index.ts", "src/testing/index.ts"] as const;
const programs = ["src/composition/mover/main.ts", "src/composition/bundle/main.ts"];

/** All of `src/` as the compiler understands it. */
export function sourceProgram(): ts.Program {
  const { config } = ts.readConfigFile("tsconfig.json", (file) => ts.sys.readFile(file)) as { readonly config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");
  return ts.createProgram([...entries, ...programs], options);
}
