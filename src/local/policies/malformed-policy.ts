/** A policy that the service which it is for would refuse. Each service says so in its own words. */
export class MalformedPolicy extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MalformedPolicy";
  }
}
