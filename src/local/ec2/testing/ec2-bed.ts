import { EC2Client } from "@aws-sdk/client-ec2";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalClock } from "../../local-clock.js";
import { Authorizer } from "../../wire/authorizer.js";
import { CallLog } from "../../wire/call-log.js";
import { Faults } from "../../wire/faults/faults.js";
import { SigningKeys } from "../../wire/sigv4/signing-key.js";
import { WireServer } from "../../wire/wire-server.js";
import { createEc2Service } from "../create-ec2-service.js";
import type { Ec2ServiceOptions } from "../ec2-environment.js";
import { Ec2Tables } from "../ec2-tables.js";
import { PlainBlocks } from "./plain-blocks.js";

export const BED_ACCOUNT = "111122223333";
export const OTHER_ACCOUNT = "444455556666";
export const BED_REGION = "eu-west-1";
export const OTHER_REGION = "us-west-2";

/** Long enough that only the cloud's clock brings a snapshot or an instance on its way to its end. */
const TRANSITION_MS = 60_000;

type BedOptions = Pick<Ec2ServiceOptions, "iam">;

/** EC2 over the wire, with storage that holds no data. Nothing settles before `settle()`. */
export class Ec2Bed {
  readonly clock = new LocalClock();
  readonly #directory: string;
  readonly #options: BedOptions;
  readonly #clients = new Map<string, EC2Client>();
  #blocks: PlainBlocks;
  #server: WireServer;

  private constructor(directory: string, options: BedOptions) {
    this.#directory = directory;
    this.#options = options;
    ({ blocks: this.#blocks, server: this.#server } = this.#start());
  }

  static async open(options: BedOptions = {}): Promise<Ec2Bed> {
    const bed = new Ec2Bed(await mkdtemp(join(tmpdir(), "holdfast-ec2-")), options);
    await bed.#server.listen(0);
    return bed;
  }

  /** A client of an account in a region. */
  client(options: { readonly accountId?: string; readonly region?: string } = {}): EC2Client {
    const { accountId = BED_ACCOUNT, region = BED_REGION } = options;
    const key = `${accountId}/${region}`;
    let client = this.#clients.get(key);
    if (client === undefined) {
      client = new EC2Client({ region, endpoint: this.#server.endpoint, credentials: credentialsOf(accountId), maxAttempts: 1 });
      this.#clients.set(key, client);
    }
    return client;
  }

  /** The volumes in the storage, whoever's they are. */
  get volumeCount(): number {
    return [...this.#blocks.volumes()].length;
  }

  /** Instances that are recorded, also those that no call shows any more. */
  get instanceCount(): number {
    return new Ec2Tables(this.#blocks.records).instances.size;
  }

  /** Lets everything that is under way come to its end. */
  settle(): void {
    this.clock.advance(TRANSITION_MS);
  }

  /** Ends the service and starts it anew on what it left. */
  async restart(): Promise<void> {
    await this.#stop();
    ({ blocks: this.#blocks, server: this.#server } = this.#start());
    await this.#server.listen(0);
  }

  async close(): Promise<void> {
    await this.#stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #start(): { readonly blocks: PlainBlocks; readonly server: WireServer } {
    const { clock } = this;
    const blocks = new PlainBlocks(join(this.#directory, "records"), clock, TRANSITION_MS);
    const service = createEc2Service({ blocks, clock, transitionMs: TRANSITION_MS, ...this.#options });
    const credentials = {
      find: (accessKeyId: string) => {
        const accountId = accessKeyId.slice("AKIA".length);
        return { ...credentialsOf(accountId), principal: { accountId, arn: `arn:aws:iam::${accountId}:user/administrator` } };
      },
    };
    const environment = {
      credentials,
      clock,
      regions: [BED_REGION, OTHER_REGION],
      faults: new Faults(1),
      authorizer: new Authorizer(),
      keys: new SigningKeys(),
    };
    return { blocks, server: new WireServer({ services: [service], calls: new CallLog(), environment }) };
  }

  async #stop(): Promise<void> {
    for (const client of this.#clients.values()) client.destroy();
    this.#clients.clear();
    await this.#server.close();
    this.#blocks.records.close();
  }
}

function credentialsOf(accountId: string): { readonly accessKeyId: string; readonly secretAccessKey: string } {
  return { accessKeyId: `AKIA${accountId}`, secretAccessKey: `secret of ${accountId}` };
}
