import { LARGEST_BODY_MB, LONGEST_TIMEOUT_SECONDS } from "./backends";
import { isWithin, overlap, rootOf } from "./route-patterns";
import type { Backend, BackendRule } from "./routes";

/**
 * The checks of `routes.backends`, for `lib/check-routes.ts`. Each message names the entry and the
 * fix.
 */

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** The name of a backend's access rules in messages. */
export function accessOf({ prefix }: Pick<Backend, "prefix">): string {
  return `access of "${prefix}"`;
}

/** Values that are invalid by themselves. */
export function findInvalidBackends(backends: readonly Backend[]): string[] {
  if (backends.length === 0) return ['backends: is empty. List at least one, with the prefix "/backend"'];
  return backends.flatMap((backend, index) => [
    ...findInvalidSettings(backend, index === 0),
    ...backend.access.flatMap((rule) => findInvalidRule(rule, accessOf(backend))),
  ]);
}

function findInvalidSettings(backend: Backend, isFirst: boolean): string[] {
  const { address, audience, timeoutSeconds, maxBodyMb } = backend;
  const name = `backends: "${backend.prefix}"`;
  return [
    ...(/^[A-Z][A-Z0-9_]*$/.test(address)
      ? []
      : [`${name} has the address "${address}". Write the name of a variable, such as "REPORTS_URL"`]),
    ...(isFirst && audience !== undefined
      ? [`${name} has an audience, and the first backend's is JWT_AUDIENCE. Remove it here`]
      : []),
    ...(!isFirst && !audience?.trim()
      ? [`${name} has no audience. Give it one of its own, and the same to the service as JWT_AUDIENCE`]
      : []),
    ...findInvalidNumber(`${name} has the timeoutSeconds`, timeoutSeconds, LONGEST_TIMEOUT_SECONDS),
    ...findInvalidNumber(`${name} has the maxBodyMb`, maxBodyMb, LARGEST_BODY_MB),
  ];
}

function findInvalidNumber(has: string, value: number | undefined, max: number): string[] {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= max)) return [];
  return [`${has} ${value}. Write a whole number from 1 to ${max}`];
}

function findInvalidRule({ path, methods, access }: BackendRule, list: string): string[] {
  const unknown = methods.filter((method) => !METHODS.includes(method));
  const repeated = methods.filter((method, index) => methods.indexOf(method) !== index);
  const name = `${list}: "${path}"`;
  return [
    ...(methods.length > 0 ? [] : [`${name} has no methods. List them, such as ["POST"]`]),
    ...unknown.map((method) => `${name} has the method "${method}". Use ${METHODS.join(", ")}`),
    ...repeated.map((method) => `${name} has the method "${method}" twice. Remove one of them`),
    ...(access === "optional" || access === "open"
      ? []
      : [`${name} has the access "${access}". Use "optional" or "open", or remove the rule`]),
  ];
}

/** Backends and rules that contradict each other. The patterns must be valid. */
export function findBackendContradictions(backends: readonly Backend[]): string[] {
  return [
    ...findShared(backends, "address", "Each service has its own variable"),
    // Otherwise each of the two services would accept the tokens of the other.
    ...findShared(backends, "audience", "Each service has its own audience"),
    ...backends.flatMap(findRuleProblems),
    ...backends.flatMap(findDocsProblems),
  ];
}

function findShared(backends: readonly Backend[], name: "address" | "audience", rule: string): string[] {
  return backends.flatMap((backend, index) => {
    const other = backends.slice(0, index).find((one) => one[name] === backend[name]);
    if (!other || backend[name] === undefined) return [];
    return [
      `backends: "${other.prefix}" and "${backend.prefix}" have the same ${name}, "${backend[name]}". ${rule}`,
    ];
  });
}

/** The name of a backend's documentation in messages. */
export function docsOf({ prefix }: Pick<Backend, "prefix">): string {
  return `docs of "${prefix}"`;
}

/** The paths of a backend's documentation. */
export function docsPathsOf({ docs }: Backend): readonly string[] {
  return docs ? [docs.page, ...docs.scripts] : [];
}

function findDocsProblems(backend: Backend): string[] {
  return docsPathsOf(backend)
    .filter((path) => !isWithin(path, backend.prefix) || path === backend.prefix)
    .map(
      (path) =>
        `${docsOf(backend)}: "${path}" is not below "${backend.prefix}". Write the path with this prefix`,
    );
}

/** A rule that applies next to another one would make the access depend on their order. */
function findRuleProblems(backend: Backend): string[] {
  const { prefix, access } = backend;
  const list = accessOf(backend);
  const outside = access.filter(({ path }) => !isWithin(rootOf(path), prefix));
  return [
    ...outside.map(
      ({ path }) => `${list}: "${path}" is not below "${prefix}". Write the path with this prefix`,
    ),
    ...access.flatMap((one, index) =>
      access
        .slice(index + 1)
        .filter(
          ({ path, methods }) =>
            overlap(one.path, path) && methods.some((method) => one.methods.includes(method)),
        )
        .map(
          ({ path }) =>
            `${list}: "${one.path}" and "${path}" overlap for the same method. Remove or change one of them`,
        ),
    ),
  ];
}
