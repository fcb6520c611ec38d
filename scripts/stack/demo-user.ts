import type { Env } from "../../lib/env";
import { openAuth } from "./auth";

export const demoUser = {
  name: "Demo",
  email: "demo@gatehouse.local",
  password: "demo-demo-demo",
};

/** Signs up the demo user, unless it exists. */
export async function seedDemoUser(env: Env): Promise<"created" | "exists already"> {
  const auth = openAuth(env);
  const { internalAdapter } = await auth.$context;
  if (await internalAdapter.findUserByEmail(demoUser.email)) return "exists already";
  const { user } = await auth.api.signUpEmail({ body: demoUser });
  // A sign-up also signs in. The account page would list that session as an unknown device.
  await internalAdapter.deleteUserSessions(user.id);
  return "created";
}
