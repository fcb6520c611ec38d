import { routes } from "../../../lib/routes";
import type { Check } from "../check";
import { assertStatus, readJson, skip } from "./assertions";
import { further, userPathOf } from "./backends";
import type { Context } from "./context";

/** With one backend there is nothing to check. */
export const tokenAudiences: readonly Check<Context>[] =
  further.length === 0
    ? []
    : [
        {
          id: "tokens.audience",
          title: "a program's token for one backend works there, and at no other backend",
          source: "RFC 8725 §3.9",
          fix: "edge/session/jwt.ts: a token is verified with the audience of the request's backend",
          run: checkAudiences,
        },
      ];

async function checkAudiences(context: Context): Promise<void> {
  for (const own of routes.backends) {
    const path = `/api/auth/token?backend=${own.prefix}`;
    const response = await context.ada.send({ path });
    if (response.status === 404) skip("the token endpoint is off (TOKEN_ENDPOINT)");
    assertStatus(response, 200, path);
    const Authorization = `Bearer ${readJson<{ token: string }>(response)?.token}`;
    const send = (backend: (typeof routes.backends)[number]) =>
      context.send({ path: userPathOf(backend, context), headers: { Authorization } });
    // With the limit 0 (`maxStale`, SESSION_MAX_STALE_SECONDS) the gate accepts no such token.
    if ((await send(own)).status === 401) skip(`${userPathOf(own, context)} accepts no such token`);
    for (const other of routes.backends) {
      if (other === own) continue;
      assertStatus(await send(other), 401, `${userPathOf(other, context)} with a token for ${own.prefix}`);
    }
  }
}
