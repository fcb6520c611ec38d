import { isWithin, overlap, rootOf } from "./route-patterns";
import type { Requirement, Routes } from "./routes";

/** The problems of single rules. The other check needs valid ones. */
export function findInvalidRequirements({ requirements = [] }: Routes): string[] {
  return requirements.flatMap(findInvalid);
}

const CONDITIONS = ["role", "verifiedEmail", "withinSeconds"];

function findInvalid(rule: Requirement): string[] {
  const name = `requirements: "${rule.path}"`;
  const unknown = Object.keys(rule).filter((key) => key !== "path" && !CONDITIONS.includes(key));
  const { role, verifiedEmail, withinSeconds } = rule;
  const isEmpty = role === undefined && verifiedEmail === undefined && withinSeconds === undefined;
  const isRole = role === undefined || (typeof role === "string" && /^[^\s,]+$/.test(role));
  const isAge = withinSeconds === undefined || (Number.isInteger(withinSeconds) && withinSeconds > 0);
  return [
    ...unknown.map((key) => `${name} has the condition "${key}". Use ${CONDITIONS.join(", ")}`),
    ...(isEmpty && unknown.length === 0
      ? [`${name} has no condition. Add one of ${CONDITIONS.join(", ")}, or remove the rule`]
      : []),
    ...(isRole ? [] : [`${name} has the role "${role}". Write one role, without a comma or white space`]),
    ...(verifiedEmail === undefined || verifiedEmail === true
      ? []
      : [`${name} has verifiedEmail: ${verifiedEmail}. Write true, or remove the condition`]),
    ...(isAge
      ? []
      : [`${name} has withinSeconds: ${withinSeconds}. Write a whole number of seconds, at least 1`]),
  ];
}

/** A rule must be at a path where the gate has a session to compare with it. */
export function findRequirementProblems({
  requirements = [],
  backend,
  backendAccess,
  openApi,
}: Routes): string[] {
  const open = [
    ...backendAccess.map(({ path, access }) => ({ path, what: `which is ${access} in backendAccess` })),
    ...openApi.map((path) => ({ path, what: "which is in openApi" })),
  ];
  return requirements.flatMap(({ path }) => {
    const name = `requirements: "${path}"`;
    if (!isWithin(rootOf(path), backend) && !isWithin(rootOf(path), "/api")) {
      return [`${name} is a page. Remove the rule, and call requireRole or requireSession in the page`];
    }
    return open
      .filter((other) => overlap(path, other.path))
      .map(
        (other) =>
          `${name} overlaps "${other.path}", ${other.what}: it works without a session. Change one of them`,
      );
  });
}
