import { execFile } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { Server } from "node:net";
import { promisify } from "node:util";

/** Where every instance of AWS finds its metadata service. */
const METADATA_ADDRESS = "169.254.169.254";
const METADATA_PORT = 80;
export const METADATA_URL = `http://${METADATA_ADDRESS}`;

/** Gives the namespace its loopback interface, and that the address of the metadata service. */
const SET_UP = `ip link set lo up && ip address add ${METADATA_ADDRESS}/32 dev lo`;

/** Listens within the namespace, hands the sockets to the cloud, and ends when that has them: who opened a socket decides where it is. */
const HAND_OVER = `
const { createServer } = require("node:net");
const hand = (name, host, port) => createServer().listen(Number(port), host, function () { process.send(name, this); });
process.on("message", () => process.exit(0));
hand("services", "127.0.0.1", process.argv[1]);
hand("metadata", "${METADATA_ADDRESS}", ${METADATA_PORT});
`;

/** Sockets that listen in an instance's namespace. */
export interface NamespaceListeners {
  readonly services: Server;
  readonly metadata: Server;
}

/** A command, in a network namespace that has nothing but the cloud's services, at the cloud's own address, and the instance's metadata. */
export function isolated(command: readonly string[], servicesPort: number): string[] {
  const boot = `${SET_UP} && "$1" -e "$2" "$3" && shift 3 && exec env -u NODE_CHANNEL_FD -u NODE_CHANNEL_SERIALIZATION_MODE "$@" 3>&-`;
  return [...unshare(), "/bin/sh", "-c", boot, "sh", process.execPath, HAND_OVER, String(servicesPort), ...command];
}

/** The sockets that the command of {@link isolated} hands over; it goes on when {@link goOn} is called. */
export async function receiveListeners(child: ChildProcess): Promise<NamespaceListeners> {
  return await new Promise((resolve, reject) => {
    const received = new Map<unknown, Server>();
    child.once("exit", () => {
      reject(new Error("The network namespace of the instance could not be made; its console output says why."));
    });
    child.on("message", (name, handle) => {
      if (handle instanceof Server) received.set(name, handle);
      const [services, metadata] = [received.get("services"), received.get("metadata")];
      if (services !== undefined && metadata !== undefined) resolve({ services, metadata });
    });
  });
}

export function goOn(child: ChildProcess): void {
  child.send("go on", () => {
    if (child.connected) child.disconnect();
  });
}

/** Raises where this machine does not let this process make network namespaces. */
export async function checkIsolation(): Promise<void> {
  const [file = "", ...rest] = unshare();
  try {
    await promisify(execFile)(file, [...rest, "/bin/sh", "-c", SET_UP]);
  } catch (cause) {
    throw new Error(
      'LocalCloud: instanceNetwork is "namespace", and this machine does not allow network namespaces: it takes Linux with unshare and ip, and root or user namespaces. Use "endpoint".',
      { cause },
    );
  }
}

function unshare(): string[] {
  return process.getuid?.() === 0 ? ["unshare", "--net", "--"] : ["unshare", "--map-root-user", "--net", "--"];
}
