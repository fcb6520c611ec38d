import { readSettings } from "./lib/env-file";
import { main } from "./lib/main";
import { step } from "./lib/progress";
import { fail } from "./lib/user-error";
import { checkEnv, throwAwayEnv } from "./stack/app-env";
import { ensureVenv, migrateBackend } from "./stack/backend";
import { migrate } from "./stack/migrate";

main(async () => {
  const settings = readSettings();
  if (!settings.DATABASE_URL) {
    fail(
      "DATABASE_URL is not set. Set it to the database to migrate. (`npm run up` migrates its own database.)",
    );
  }
  // Better Auth's schema depends on no other variable.
  const env = checkEnv({ ...throwAwayEnv(), ...settings });
  const changes = await step("Migrate the database", () => migrate(env));
  console.log(
    changes.length === 0
      ? "No changes: the database has all tables."
      : changes.map((change) => `  + ${change}`).join("\n"),
  );
  if (settings.TASKS_DATABASE_URL) {
    await step("Install FastAPI", () => ensureVenv());
    await step("Migrate the database of FastAPI", () => migrateBackend(settings));
  }
});
