import { expect, it } from "vitest";
import { speaksNeon } from "../../../lib/database-protocol";

it.each<[speaks: boolean, databaseUrl: string, neonEndpoint?: string]>([
  [true, "postgresql://u:p@ep-x-1-pooler.eu-central-1.aws.neon.tech/db?sslmode=require"],
  [true, "postgres://u:p@EP-X.US-EAST-2.AWS.NEON.TECH/db"],
  [true, "postgresql://u:p@ep-x.neon.tech:5432/db"],
  [false, "postgresql://u:p@db.example.com/db"],
  [false, "postgresql://u:p@127.0.0.1:5432/db"],
  [false, "postgresql://u:p@[::1]/db"],
  [false, "postgresql://u:p@neon.tech.example.com/db"],
  [false, "postgresql://u:p@notneon.tech/db"],
  [false, "postgresql://ep-x.neon.tech:p@db.example.com/ep-x.neon.tech?options=.neon.tech"],
  [true, "postgresql://u:p@127.0.0.1:5432/db", "http://127.0.0.1:4444"],
])("speaksNeon is %s for %s with the endpoint %s", (speaks, databaseUrl, neonEndpoint) => {
  expect(speaksNeon({ databaseUrl, neonEndpoint })).toBe(speaks);
});
