import { streamFeed } from "../../../lib/event-feed";
import { watchFinishes } from "../../../lib/server/http/response-timing";

export function GET(request: Request): Response {
  return streamFeed(watchFinishes(), request.signal);
}
