import { AwsAccount, clientsOf } from "../../src/adapters/aws/aws-account.js";
import { Ec2Compute } from "../../src/adapters/aws/ec2/ec2-compute.js";
import type { AwsLimits } from "../../src/adapters/aws/limits/aws-limits.js";
import type { SnapshotDoorContext } from "../../src/adapters/aws/snapshot-door-context.js";
import { startTestServer, TEST_CREDENTIALS, TEST_REGION, type TestServer } from "../../src/local/wire/wire-server.fixture.js";
import type { Clock } from "../../src/ports/index.js";
import { SystemClock, systemRandom } from "../../src/system/index.js";
import { ScriptedEbs } from "./scripted-ebs.js";

/** A scripted EBS that is being served, and the door of an account to it. */
export interface ScriptedEbsBed extends TestServer {
  readonly ebs: ScriptedEbs;
  /** A door whose waits between attempts are short. `clock` is what the doors wait by; time limits of calls go by the machine's. */
  door(options?: { readonly limits?: AwsLimits; readonly clock?: Clock }): SnapshotDoorContext;
  close(): Promise<void>;
}

export async function startScriptedEbs(): Promise<ScriptedEbsBed> {
  const ebs = new ScriptedEbs();
  const parts = await startTestServer(ebs.services());
  const accounts: AwsAccount[] = [];
  return {
    ...parts,
    ebs,
    door: ({ limits, clock = new SystemClock() } = {}) => {
      const account = new AwsAccount({ region: TEST_REGION, endpoint: parts.server.endpoint, credentials: TEST_CREDENTIALS, limits: { baseDelayMs: 1, maxDelayMs: 20, ...limits } });
      accounts.push(account);
      const compute = new Ec2Compute({ ec2: clientsOf(account).ec2.lazy(TEST_REGION), region: TEST_REGION, accountId: () => account.accountId(), calls: account.calls, clock, random: systemRandom });
      return { ebs: clientsOf(account).ebs.lazy(TEST_REGION), region: TEST_REGION, compute, calls: account.calls, clock, random: systemRandom };
    },
    close: async () => {
      for (const account of accounts) await account.close();
      await parts.server.close();
    },
  };
}
