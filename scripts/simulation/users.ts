import { sessionCookieNames } from "../../edge/session/cookies";
import { sessionToken, signSessionToken } from "../stack/signing";
import { CookieJar } from "./cookie-jar";
import { APP_ORIGIN } from "./isolate";
import type { Parameters } from "./parameters";
import type { World } from "./world";

/** One user's browser. */
export interface User {
  readonly token: string;
  readonly region: number;
  readonly jar: CookieJar;
  /** The time of the last page, in seconds since the simulation began. */
  lastPage: number;
  /** A user whose session was deleted sends no requests. */
  isActive: boolean;
}

/** Creates the users, and their sessions in the database. */
export function createUsers(world: World, { users, roundTrips }: Parameters): Promise<User[]> {
  const names = sessionCookieNames(APP_ORIGIN.startsWith("https:"));
  return Promise.all(
    Array.from({ length: users }, async (_, index): Promise<User> => {
      const token = sessionToken(`user${index}`);
      world.database.addSession(token, index);
      const jar = new CookieJar();
      jar.store([`${names.token}=${await signSessionToken(token)}`], world.clock.now());
      return { token, region: index % roundTrips.length, jar, lastPage: -Infinity, isActive: true };
    }),
  );
}
