/** A connection that a fault breaks in place of an answer. */
export class ConnectionBroken extends Error {
  constructor() {
    super("An injected fault broke the connection.");
    this.name = "ConnectionBroken";
  }
}
