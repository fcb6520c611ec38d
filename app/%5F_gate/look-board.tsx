"use client";

import { useState } from "react";
import { Brand } from "../_components/brand";
import styles from "./look.module.css";
import { type Filter, matches, NO_FILTER } from "./seen";
import { SightingRow } from "./sighting-row";
import { useSeen } from "./use-seen";
import { stepNames } from "./waterfall";

const outcomes = ["passed", "forwarded", "redirected", "refused", "failed"];
const kinds = ["public-page", "guest-page", "page", "backend", "open-api", "api"];

/** Shows the latest decisions of the gate, live. */
export function LookBoard() {
  const { seen, tell, isLive } = useSeen();
  const [filter, setFilter] = useState(NO_FILTER);
  const { shown, waiting, finishes, isPaused } = seen;
  const found = shown.filter((one) => matches(one, finishes.get(one.requestId), filter));

  return (
    <div className={styles.board}>
      <header>
        <Brand short />
        <h1>The gate, live</h1>
        <p className={styles.state} data-live={isLive && !isPaused}>
          {isPaused ? `Paused, ${waiting.length} waiting` : isLive ? "Live" : "Connecting …"}
        </p>
      </header>
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
        <button type="button" aria-pressed={isPaused} onClick={() => tell({ type: "pause" })}>
          {isPaused ? "Go on" : "Pause"}
        </button>
        <button type="button" onClick={() => tell({ type: "clear" })}>
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
        <ol className={styles.list} aria-label="Decisions, newest first">
          {found.map((one) => (
            <SightingRow key={one.requestId} sighting={one} finish={finishes.get(one.requestId)} />
          ))}
        </ol>
        {found.length === 0 && (
          <p className={styles.empty}>
            {shown.length === 0
              ? "Nothing has come by yet. Open the app in another tab."
              : "Nothing of what came by fits the filter."}
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
