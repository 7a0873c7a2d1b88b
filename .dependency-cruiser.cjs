const test = "(^test/|\\.test\\.ts$)";
const core = "^src/(policy|workers|mover|image|transfer|repository|retention|calendar|schedule|restore|session|options|notifications|alerts|concurrency|prices|printing)/";
const awsClients = "node_modules/@(aws-sdk|smithy)/";
/** Declared as optional peers, and for the tests as development dependencies. */
const optionalPeer = "node_modules/(@aws-sdk/client-(kms|service-quotas|sns)|(@types/)?nodemailer|@napi-rs/xattr|@opentelemetry/api)/";

/** The way of the arrows: `adapters -> ports <- core folders -> errors`. */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Two files that need each other are one file, or hide a third. Types count: a cycle of types is a cycle of thoughts.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "errors-import-nothing",
      comment: "Errors are what every layer shares; whatever they imported, everybody would.",
      severity: "error",
      from: { path: "^src/errors/", pathNot: test },
      to: { pathNot: "^src/errors/", dependencyTypesNot: ["core"] },
    },
    {
      name: "ports-import-ports",
      comment: "A port says what the engine needs, in the engine's words. It knows no adapter and no caller.",
      severity: "error",
      from: { path: "^src/ports/", pathNot: test },
      to: { pathNot: "^src/ports/", dependencyTypesNot: ["core"] },
    },
    {
      name: "core-knows-no-adapter",
      comment: "The core runs on ports alone, so that it can be tested without AWS and run against any store.",
      severity: "error",
      from: { path: core, pathNot: test },
      to: { path: "^src/(adapters|local|testing)/" },
    },
    {
      name: "adapters-implement-ports",
      comment: "An adapter fulfils a port, checks its options and throws the shared errors. If it needed the core, a decision would have slipped into it.",
      severity: "error",
      from: { path: "^src/adapters/", pathNot: test },
      to: { path: "^src/", pathNot: "^src/(adapters|object-store|ports|errors|options|system)/" },
    },
    {
      name: "object-store-stands-on-ports",
      comment: "What every store checks alike is for stores of others too: it knows the port, and no store.",
      severity: "error",
      from: { path: "^src/object-store/", pathNot: test },
      to: { path: "^src/", pathNot: "^src/(object-store|ports|errors)/" },
    },
    {
      name: "adapters-do-not-share",
      comment: "Each technology can be replaced or removed without the others. What lies beside their folders is what several of them need of the same port.",
      severity: "error",
      from: { path: "^src/adapters/([^/]+)/", pathNot: test },
      to: { path: "^src/adapters/", pathNot: "^src/adapters/($1/|[^/]+\\.ts$)" },
    },
    {
      name: "aws-clients-in-one-place",
      comment: "Only adapters/aws calls AWS, so retries, limits and errors are handled once; local/ reads the schemas that the clients publish.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(adapters/aws|local)/", test] },
      to: { path: awsClients },
    },
    {
      name: "retention-is-pure",
      comment: "What is removed is decided from the points, the rules and the time given, and from nothing else: no file, no network, no clock.",
      severity: "error",
      from: { path: "^src/retention/", pathNot: test },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?util$" },
    },
    {
      name: "local-cloud-stands-alone",
      comment: "The local cloud judges the engine. Sharing code with it, it would share its mistakes.",
      severity: "error",
      from: { path: "^src/local/", pathNot: test },
      to: { path: "^src/", pathNot: "^src/local/" },
    },
    {
      name: "engine-does-not-know-the-local-cloud",
      comment: "The engine meets the local cloud only over the wire, as it meets AWS: no special case for it.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/local/", test] },
      to: { path: "^src/local/" },
    },
    {
      name: "testing-stands-on-ports",
      comment: "holdfast/testing holds any implementation of a port to its contract, so it knows the contracts and no implementation.",
      severity: "error",
      from: { path: "^src/testing/", pathNot: test },
      to: { path: "^src/", pathNot: "^src/(testing|ports|errors|adapters/decorators)/" },
    },
    {
      name: "testing-stays-out-of-the-engine",
      comment: "What helps tests is not loaded by those who take backups.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/testing/", test] },
      to: { path: "^src/testing/" },
    },
    {
      name: "composition-is-for-the-entry",
      comment: "src/composition gives the core the adapters that it uses by default. Only the entry may stand above both.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(index\\.ts$|composition/)", test] },
      to: { path: "^src/composition/" },
    },
    {
      name: "entry-is-for-users",
      comment: "src/index.ts lists what users see. A file that imported it from inside would make a cycle of the whole engine.",
      severity: "error",
      from: { path: "^src/", pathNot: test },
      to: { path: "^src/index\\.ts$" },
    },
    {
      name: "examples-are-user-code",
      comment: "An example shows what a user can write: the published entries, and nothing from behind them.",
      severity: "error",
      from: { path: "^examples/", pathNot: test },
      to: { path: "^(src|test|bench)/", pathNot: "^src/((local|object-store|testing)/)?index\\.ts$" },
    },
    {
      name: "no-development-dependencies",
      comment: "What src/ imports must be installed with the package. The optional peer is imported when it is used, and missed in good words.",
      severity: "error",
      from: { path: "^src/", pathNot: test },
      to: { dependencyTypes: ["npm-dev"], pathNot: optionalPeer },
    },
    {
      name: "no-undeclared-dependencies",
      comment: "A package that happens to be there is not a dependency: name it in package.json.",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"], pathNot: optionalPeer },
    },
    {
      name: "no-unresolvable-imports",
      comment: "It would fail on the first run. The optional peer need not be installed.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^(@aws-sdk/client-(kms|service-quotas|sns)|@napi-rs/xattr|nodemailer)$" },
    },
    {
      name: "no-orphans",
      comment: "A file that nothing imports and that imports nothing is forgotten or not yet needed.",
      severity: "error",
      from: { orphan: true, path: "^src/", pathNot: test },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|docs|coverage|\\.tmp)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] },
  },
};
