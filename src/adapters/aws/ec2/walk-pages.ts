import { ProviderError } from "../../../errors/index.js";

/** The largest page of EC2's listings. */
export const maxResults = 1000;

export interface Ec2Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

/** All items of a listing, page by page as they are wanted; pages may be empty. A token that comes again would go round for ever: `ProviderError` (`InvalidListing`). */
export async function* walkPages<Item>(operation: string, fetchPage: (nextToken: string | undefined) => Promise<Ec2Page<Item>>): AsyncGenerator<Item> {
  let token: string | undefined;
  while (true) {
    const page = await fetchPage(token);
    yield* page.items;
    // Some of EC2's answers end with an empty token.
    if (page.nextToken === undefined || page.nextToken === "") return;
    if (page.nextToken === token) throw new ProviderError(`ec2:${operation} does not end: a page names itself as the next. The endpoint does not speak EC2 as AWS does.`, { code: "InvalidListing", service: "ec2", operation });
    token = page.nextToken;
  }
}
