import { useEffect, useReducer, useState } from "react";
import { inspectorPaths } from "../../lib/inspector";
import { NOTHING_SEEN, see } from "./seen";

/** Receives events from the gate and from the server around it while the page is open. */
export function useSeen() {
  const [seen, tell] = useReducer(see, NOTHING_SEEN);
  const [isLive, setLive] = useState(false);

  useEffect(() => {
    const sightings = new EventSource(inspectorPaths.events);
    const finishes = new EventSource(inspectorPaths.timings);
    // The browser reconnects by itself, for example after a hot reload.
    sightings.onopen = () => setLive(true);
    sightings.onerror = () => setLive(false);
    sightings.onmessage = ({ data }) => tell({ type: "sighting", sighting: JSON.parse(data) });
    finishes.onmessage = ({ data }) => tell({ type: "finish", finish: JSON.parse(data) });
    return () => {
      sightings.close();
      finishes.close();
    };
  }, []);

  return { seen, tell, isLive };
}
