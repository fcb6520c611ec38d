import { expect, it, test } from "vitest";
import { EnvError, parseEnv } from "../../lib/env";
import { testEnv } from "../../scripts/stack/test-stack";
import cases from "./settings.json" with { type: "json" };

/**
 * The gate reads the shared variables as FastAPI does: backend/tests/test_settings.py runs the same
 * cases.
 */

test.each(cases.map((one) => [one.keys ? "accepts" : "refuses", one.name, one] as const))(
  "the gate %s this JWT_SECRET_KEY: %s",
  (_verdict, _name, { value, keys }) => {
    const read = () => parseEnv(testEnv({ JWT_SECRET_KEY: value })).jwt.keys;
    if (keys) expect(read()).toEqual(keys);
    else expect(read).toThrow(EnvError);
  },
);

it.each(["JWT_ISSUER", "JWT_AUDIENCE"])(
  "the gate refuses %s with an invisible character or quotes",
  (name) => {
    for (const value of ["api\u00a0", "\ufeffapi", "a\u0085pi", "'api'", "a\napi"]) {
      expect(() => parseEnv(testEnv({ [name]: value }))).toThrow(/invisible character|in quotes/);
    }
  },
);
