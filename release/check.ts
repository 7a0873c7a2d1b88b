import { releaseProblems } from "./release-problems.js";

// Before `npm publish`, however that is called: what must hold of the state of the project.

const problems = await releaseProblems(process.cwd());
if (problems.length > 0) {
  process.stderr.write(`Not published:\n${problems.map((problem) => `- ${problem}\n`).join("")}`);
  process.exit(1);
}
