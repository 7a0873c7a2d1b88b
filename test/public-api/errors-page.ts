import type { ListedError } from "./list-errors.js";
import type { ListedFinding } from "./list-findings.js";
import { remedies } from "./remedies.js";

const classes: readonly (readonly [name: string, what: string])[] = [
  ["ConfigurationError", "What was asked for is wrong: change the call. Nothing was created."],
  ["NotFoundError", "Something named in the call is not there."],
  ["ConflictError", "Somebody else was faster, or the name is taken: read the present state, then decide."],
  ["IntegrityError", "Data is not what it must be. Nothing of it was restored or committed, and it is never retried."],
  ["ProviderError", "AWS, or the file system, refused or failed. `service`, `operation`, `requestId` and `awsCode` say more."],
  ["PartialFailureError", "Some succeeded and some failed: `failures` says which and why, `completed` what is done and safe."],
  ["IllegalStateError", "The object is closed, the calls came in the wrong order, or the engine made a mistake."],
];

const retries: Readonly<Record<ListedError["retryable"], string>> = {
  no: "",
  yes: " The same call may succeed later.",
  sometimes: " `retryable` says whether the same call may succeed later.",
};

/** docs/errors.md. */
export function errorsPage(errors: readonly ListedError[], findings: readonly ListedFinding[]): string {
  const sections = classes.map(([name, what]) => `## ${name}\n\n${what}\n\n${errors.filter(({ classes: [first] }) => first === name).map(entryOf).join("\n\n")}`);
  const rows = findings.map(({ code, message, remedy }) => `| \`${code}\` | ${inCell(message)} | ${inCell(remedy)} |`);
  return `${head}\n${sections.join("\n\n")}\n\n${findingsHead}\n${rows.join("\n")}\n`;
}

function entryOf({ code, retryable, messages }: ListedError): string {
  return [`### ${code}`, "", `${remedies[code] ?? ""}${retries[retryable]}`, "", ...messages.map((message) => `- \`${message.replaceAll("`", "'")}\``)].join("\n");
}

/** Angle brackets would be taken for HTML, and a bar for the end of the cell. */
function inCell(text: string): string {
  return text.replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("|", "&#124;");
}

const findingsHead = `## Findings

What \`restore.plan…\`, \`workers.preflight\` and \`workers.reap\` find. An \`error\` refuses the call (\`NotRestorable\`), a \`warning\` says what will be different.

| code | what it says | what to do |
|---|---|---|`;

const head = `# Errors

Every error that the engine raises on purpose is a \`HoldfastError\`: its class says what you do next, its \`code\` what happened, its message on what and what to do, and
\`context\` has the facts as JSON. \`retryable\` says that the same call may succeed later with nothing changed: the engine has then tried for as long as its limits allow.
Codes are stable; messages may be reworded. A call that is aborted rejects with the signal's own reason, which is none of these.

\`\`\`ts
try {
  await policy.run();
} catch (error) {
  if (!HoldfastError.isInstance(error)) throw error;
  console.error(error.code, error.message, error.context);
}
\`\`\`

What a plan or a preflight finds is no error but a finding, with a code, a message and a remedy of its own: they are [at the end](#findings).

The messages below have \`<names>\` for what differs, \`…\` for what is more than a name. This page is made of the source by \`npx vitest run test/public-api -u\`.
`;
