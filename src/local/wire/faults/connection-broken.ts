/** A connection that breaks in place of an answer: by a fault, or for want of a road to the service. */
export class ConnectionBroken extends Error {
  constructor() {
    super("The connection was broken in place of an answer.");
    this.name = "ConnectionBroken";
  }
}
