import { streamFeed } from "@/lib/event-feed";
import { recordResponseTimings } from "@/lib/server/http/response-timing";

export function GET(request: Request): Response {
  return streamFeed(recordResponseTimings(), request.signal);
}
