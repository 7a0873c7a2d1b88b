import { writeReports } from "./write-reports.js";

const [folder = "reports", days = "30"] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await writeReports(folder, Number(days)), undefined, 2)}\n`);
