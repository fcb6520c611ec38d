"use client";

import { useState } from "react";
import type { Outcome } from "../../../lib/inspector";
import type { RouteKind } from "../../../lib/routes";
import { DevHeader } from "../dev-header";
import { type Filter, matches, NO_FILTER } from "./event-log";
import { EventRow } from "./event-row";
import styles from "./gate.module.css";
import { useEventLog } from "./use-event-log";
import { stepNames } from "./waterfall";

const outcomes: readonly Outcome[] = ["passed", "forwarded", "redirected", "refused", "failed"];
const kinds: readonly RouteKind[] = [
  "public-file",
  "public-page",
  "static-page",
  "guest-page",
  "page",
  "backend",
  "open-api",
  "api",
];

/** Shows the latest events of the gate, live. */
export function EventList() {
  const { log, update, isLive } = useEventLog();
  const [filter, setFilter] = useState(NO_FILTER);
  const { shown, waiting, timings, isPaused } = log;
  const found = shown.filter((event) => matches(event, timings.get(event.requestId), filter));

  return (
    <div className={styles.page}>
      <DevHeader title="Gate events" link={{ href: "/dev/mail", label: "Mail" }}>
        <p className={styles.state} data-live={isLive && !isPaused}>
          {isPaused ? `Paused, ${waiting.length} waiting` : isLive ? "Live" : "Connecting …"}
        </p>
      </DevHeader>
      <search className={styles.controls}>
        <label>
          <span>Filter</span>
          <input
            type="search"
            placeholder="tasks 401, memory, POST …"
            value={filter.text}
            onChange={({ target }) => setFilter({ ...filter, text: target.value })}
          />
        </label>
        <Choice name="outcome" options={outcomes} filter={filter} setFilter={setFilter} />
        <Choice name="kind" options={kinds} filter={filter} setFilter={setFilter} />
        <button type="button" aria-pressed={isPaused} onClick={() => update({ type: "pause" })}>
          {isPaused ? "Resume" : "Pause"}
        </button>
        <button type="button" onClick={() => update({ type: "clear" })}>
          Clear
        </button>
        <ul className={styles.legend} aria-label="Steps">
          {stepNames.map((name) => (
            <li key={name}>
              <i data-step={name} /> {name}
            </li>
          ))}
        </ul>
      </search>
      <main id="main">
        <p className={styles.head} aria-hidden="true">
          {["time", "request", "kind", "session", "token age", "outcome", "in the gate"].map((name) => (
            <span key={name}>{name}</span>
          ))}
        </p>
        <ol className={styles.list} aria-label="Events, newest first">
          {found.map((event) => (
            <EventRow key={event.requestId} event={event} timing={timings.get(event.requestId)} />
          ))}
        </ol>
        {found.length === 0 && (
          <p className={styles.empty}>
            {shown.length === 0
              ? "There are no requests yet. Open the app in another tab."
              : "No request matches the filter."}
          </p>
        )}
      </main>
    </div>
  );
}

function Choice(props: {
  name: "outcome" | "kind";
  options: readonly string[];
  filter: Filter;
  setFilter: (filter: Filter) => void;
}) {
  const { name, options, filter, setFilter } = props;
  return (
    <label>
      <span>{name}</span>
      <select value={filter[name]} onChange={({ target }) => setFilter({ ...filter, [name]: target.value })}>
        <option value="">any</option>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}
