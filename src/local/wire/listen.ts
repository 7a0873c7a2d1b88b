import type { Server } from "node:http";
import type { Server as SocketServer } from "node:net";

/** The loopback interface: nobody else is let in. */
export const HOST = "127.0.0.1";

/** Where a server listens: a port of the loopback interface (0 takes a free one), or a socket that listens already. */
export type ListenTarget = number | SocketServer;

/** Listens; gives the port. */
export async function listenOn(server: Server, target: ListenTarget): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const onListening = (): void => {
      server.off("error", reject);
      resolve();
    };
    server.once("error", reject);
    if (typeof target === "number") server.listen(target, HOST, onListening);
    else server.listen(target, onListening);
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Ends every connection and stops listening. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeAllConnections();
  await closed;
}
