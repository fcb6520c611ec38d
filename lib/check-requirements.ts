import { accessOf } from "./check-backends";
import { isWithin, overlap, rootOf } from "./route-patterns";
import type { Requirement, Routes } from "./routes";

/** The problems of single rules. The other check needs valid ones. */
export function findInvalidRequirements({ requirements = [] }: Routes): string[] {
  return requirements.flatMap(findInvalid);
}

const CONDITIONS = ["role", "orgRole", "verifiedEmail", "withinSeconds"];

const isRoleName = (role: unknown) => typeof role === "string" && /^[^\s,]+$/.test(role);

/** Whether this is one role, a list of roles, or no condition. */
function isRoles(value: Requirement["role"]): boolean {
  const roles = [value].flat();
  return value === undefined || (roles.length > 0 && roles.every(isRoleName));
}

function findInvalid(rule: Requirement): string[] {
  const name = `requirements: "${rule.path}"`;
  const unknown = Object.keys(rule).filter((key) => key !== "path" && !CONDITIONS.includes(key));
  const { role, orgRole, verifiedEmail, withinSeconds } = rule;
  const isEmpty = [role, orgRole, verifiedEmail, withinSeconds].every((value) => value === undefined);
  const isAge = withinSeconds === undefined || (Number.isInteger(withinSeconds) && withinSeconds > 0);
  return [
    ...unknown.map((key) => `${name} has the condition "${key}". Use ${CONDITIONS.join(", ")}`),
    ...(isEmpty && unknown.length === 0
      ? [`${name} has no condition. Add one of ${CONDITIONS.join(", ")}, or remove the rule`]
      : []),
    ...Object.entries({ role, orgRole })
      .filter(([, value]) => !isRoles(value))
      .map(
        ([key, value]) =>
          `${name} has ${key}: ${JSON.stringify(value)}. Write one role or a list, each without a comma or white space`,
      ),
    ...(verifiedEmail === undefined || verifiedEmail === true
      ? []
      : [`${name} has verifiedEmail: ${verifiedEmail}. Write true, or remove the condition`]),
    ...(isAge
      ? []
      : [`${name} has withinSeconds: ${withinSeconds}. Write a whole number of seconds, at least 1`]),
  ];
}

/** Without organisations no session meets such a rule. */
export function findOrgRoles({ requirements = [] }: Routes, organizations: boolean): string[] {
  if (organizations) return [];
  return requirements
    .filter(({ orgRole }) => orgRole !== undefined)
    .map(
      ({ path }) =>
        `requirements: "${path}" has orgRole, and the app has no organisations. Write organizations = true in lib/organizations.ts, or remove the condition`,
    );
}

/** A rule must be at a path where the gate has a session to compare with it. */
export function findRequirementProblems({ requirements = [], backends, openApi }: Routes): string[] {
  const open = [
    ...backends.flatMap((backend) =>
      backend.access.map(({ path, access }) => ({
        path,
        what: `which is ${access} in ${accessOf(backend)}`,
      })),
    ),
    ...openApi.map((path) => ({ path, what: "which is in openApi" })),
  ];
  const roots = [...backends.map(({ prefix }) => prefix), "/api"];
  return requirements.flatMap(({ path }) => {
    const name = `requirements: "${path}"`;
    if (!roots.some((root) => isWithin(rootOf(path), root))) {
      return [
        `${name} is below none of ${roots.join(", ")}. Remove the rule. A page calls requireRole, requireOrgRole or requireSession`,
      ];
    }
    return open
      .filter((other) => overlap(path, other.path))
      .map(
        (other) =>
          `${name} overlaps "${other.path}", ${other.what}: it works without a session. Change one of them`,
      );
  });
}
