import type { Caller } from "./isolate";
import type { PageView, Step } from "./page-views";

/** Simulated or real time, and a simulated or real app. */
export interface Stage {
  /** Calls a function at a time, or now if the time is over. Seconds since the traffic began. */
  at(seconds: number, run: () => void): void;
  /** Sends a request. Calls `onResponse` when the cookies of a page's response have been stored. */
  send(step: Step, caller: Caller, onResponse: () => void): void;
}

/** Sends the requests of one user, for as long as time passes. */
export function playPageViews(views: Iterator<PageView, never>, stage: Stage): void {
  const { value: view } = views.next();
  stage.at(view.at, () => {
    stage.send(view, "page", () => {
      for (const call of view.callsAtOnce) stage.send(call, "backend", () => {});
      for (const call of view.callsLater) stage.at(call.at, () => stage.send(call, "backend", () => {}));
    });
    playPageViews(views, stage);
  });
}
