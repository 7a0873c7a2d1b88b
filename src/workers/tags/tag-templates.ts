import type { ConfigurationError } from "../../errors/index.js";
import { optionError } from "../../options/option-error.js";
import type { Tags } from "../../ports/index.js";

/** What a template's variables stand for. */
export interface TagVariables {
  /** The identity of this embedding of the engine. */
  readonly applianceId: string;
  /** The policy's id: its name, as long as policies have no other. */
  readonly policyId: string;
  readonly policyName: string;
  readonly sessionId: string;
  /** `<account>/<region>/<id>`. */
  readonly resourceId: string;
  readonly region: string;
}

const variables: readonly (keyof TagVariables)[] = ["applianceId", "policyId", "policyName", "sessionId", "resourceId", "region"];

// EC2 user guide, "Tag restrictions".
const maxTags = 50;
const maxKeyCharacters = 128;
const maxValueCharacters = 256;
const allowed = /^[\p{L}\p{N}\p{Zs}+\-=._:/@]*$/u;
const allowedText = "letters, digits, spaces and + - = . _ : / @";

/** The engine's own tags on snapshots, which have the most: of a policy's run policy, repository, resource, session, lock and request; no more of a restore. */
const ownTags = 6;

/** Tags with variables, checked beforehand. */
export type TagTemplates = Tags;

/** Checks templates before anything is made; raises `ConfigurationError` naming the tag. A value's variables are filled in with their longest names unknown, so its length is checked by `renderTags`. */
export function checkTagTemplates(tags: Tags, path = "tags"): TagTemplates {
  const entries = Object.entries(tags);
  if (entries.length > maxTags - ownTags) throw wrong(path, `has ${String(entries.length)} tags; AWS allows ${String(maxTags)} on a resource, of which the engine needs ${String(ownTags)}`);
  for (const [key, value] of entries) {
    const place = `${path}["${key}"]`;
    if (key === "" || key.length > maxKeyCharacters) throw wrong(place, `has a key of ${String(key.length)} characters; AWS allows 1 to ${String(maxKeyCharacters)}`);
    if (/^aws:/i.test(key)) throw wrong(place, 'begins with "aws:", which AWS keeps to itself');
    if (/^holdfast:/i.test(key)) throw wrong(place, 'begins with "holdfast:", by which the engine knows what is its own');
    if (!allowed.test(key)) throw wrong(place, key.includes("%") ? "has a variable in its key; variables stand in values alone" : `has a key with other characters than ${allowedText}`);
    const rest = value.replace(/%([^%]*)%/g, (_match, name: string) => {
      if ((variables as readonly string[]).includes(name)) return "";
      throw wrong(place, `has the unknown variable %${name}%; there are ${variables.map((known) => `%${known}%`).join(", ")}`);
    });
    if (rest.includes("%")) throw wrong(place, "has a lone %, which begins a variable and is no character of a tag");
    if (!allowed.test(rest)) throw wrong(place, `has a value with other characters than ${allowedText}`);
    if (rest.length > maxValueCharacters) throw wrong(place, `has a value of ${String(rest.length)} characters; AWS allows ${String(maxValueCharacters)}`);
  }
  return { ...tags };
}

/** The tags of one worker; raises `ConfigurationError` where a value with its variables filled in is none that AWS takes. */
export function renderTags(templates: TagTemplates, values: TagVariables, path = "tags"): Tags {
  return Object.fromEntries(
    Object.entries(templates).map(([key, template]) => {
      const value = template.replace(/%([^%]*)%/g, (_match, name: keyof TagVariables) => values[name]);
      const place = `${path}["${key}"]`;
      if (value.length > maxValueCharacters) throw wrong(place, `is ${String(value.length)} characters long once its variables are filled in; AWS allows ${String(maxValueCharacters)}`);
      if (!allowed.test(value)) throw wrong(place, `is ${JSON.stringify(value)} once its variables are filled in; AWS allows ${allowedText}`);
      return [key, value];
    }),
  );
}

function wrong(path: string, what: string): ConfigurationError {
  return optionError(path, `${what}.`);
}
