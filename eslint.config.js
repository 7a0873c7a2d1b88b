import js from "@eslint/js";
import tseslint from "typescript-eslint";

const tests = ["**/*.test.ts", "test/**/*.ts"];
const core = ["policy", "workers", "mover", "transfer", "repository", "retention", "restore", "session"].map((folder) => `src/${folder}/**/*.ts`);

const byPort = (port) => `Take it from the ${port} port: what the core decides must be repeatable in a test.`;

/** Bundlers take of a namespace what is used, and of the object `z` all of the package. */
const zodByParts = {
  selector: "ImportDeclaration[source.value='zod'][importKind='value'] > :matches(ImportDefaultSpecifier, ImportSpecifier[importKind='value'])",
  message: 'Write `import * as z from "zod"`: the object `z` brings all of zod into every bundle.',
};

export default tseslint.config(
  { ignores: ["dist/", "docs/reference/", "coverage/", ".tmp/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "max-lines": ["error", { max: 400 }],
      "no-restricted-syntax": ["error", zodByParts],
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      // `default` does not count as exhaustive: a new member of a union must be looked at wherever it is divided.
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: false }],
      // Numbers and booleans read well in messages; objects and missing values do not.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true, allowNullish: false }],
      // A name that begins with an underscore says that the value is left aside on purpose.
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" }],
      // `while (true)` is how pages and retries are walked until a return.
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: "only-allowed-literals" }],
      // An implementation of an asynchronous port may have nothing to wait for.
      "@typescript-eslint/require-await": "off",
      // `() => emitter.emit(…)` is the short form of a callback whose result nobody reads.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidOperator: true }],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: tests,
    rules: {
      // The library prints nothing: what there is to say goes to the Logger port or into events.
      "no-console": "error",
    },
  },
  {
    files: core,
    ignores: tests,
    rules: {
      "no-restricted-globals": [
        "error",
        { name: "setTimeout", message: byPort("Clock") },
        { name: "setInterval", message: byPort("Clock") },
        { name: "performance", message: byPort("Clock") },
      ],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: byPort("Clock") },
        { object: "process", property: "hrtime", message: byPort("Clock") },
        { object: "Math", property: "random", message: byPort("Random") },
        { object: "process", property: "env", message: "The environment is read only by what is named for it (`fromEnvironment`)." },
      ],
      "no-restricted-syntax": ["error", zodByParts, { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: byPort("Clock") }],
      "no-restricted-imports": [
        "error",
        { paths: [{ name: "node:timers/promises", message: byPort("Clock") }, { name: "node:perf_hooks", message: byPort("Clock") }] },
      ],
    },
  },
  {
    files: tests,
    rules: {
      "max-lines": ["error", { max: 600 }],
      // A test may hold a value whose presence it has just made certain; a wrong assumption fails the test anyway.
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    files: ["**/*.cjs"],
    languageOptions: { sourceType: "commonjs", globals: { module: "writable", require: "readonly" } },
  },
);
