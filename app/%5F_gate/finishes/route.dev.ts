import { streamFeed } from "../../../lib/feed";
import { watchFinishes } from "../../../lib/finishes";

export function GET(request: Request): Response {
  return streamFeed(watchFinishes(), request.signal);
}
