import { expect, it } from "vitest";
import { EventRelay } from "./event-relay.js";

it("events of a worker are passed on once, in their order, and all of them again of the next worker", () => {
  const heard: string[] = [];
  const relay = new EventRelay(({ type, done }) => heard.push(typeof done === "number" ? `${type} ${String(done)}` : type));
  const [first, second] = [{ type: "point:started" }, { type: "volume:started" }];
  const at = (done: number): { readonly type: string; readonly done: number } => ({ type: "volume:progress", done });
  relay.pass({ events: [] });
  relay.pass({ events: [first], progress: at(1) });
  relay.pass({ events: [first], progress: at(1) });
  relay.pass({ events: [first, second], progress: at(2) });
  // older words, read late
  relay.pass({ events: [first] });
  relay.pass({ events: [first], progress: at(1) });
  relay.restart();
  relay.pass({ events: [first, second], progress: at(2) });
  expect(heard).toEqual(["point:started", "volume:progress 1", "volume:started", "volume:progress 2", "point:started", "volume:started", "volume:progress 2"]);
});
