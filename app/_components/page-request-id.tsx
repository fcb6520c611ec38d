"use client";

import { RequestId } from "./request-id";
import { useRequestId } from "./use-request-id";

/** The id of the request for this page. A static page has none. */
export function PageRequestId() {
  return <RequestId ids={[useRequestId()]} />;
}
