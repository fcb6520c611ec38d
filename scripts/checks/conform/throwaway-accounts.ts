import { fail } from "../../lib/user-error";
import { Account, type Target } from "./account";
import { TASKS } from "./assertions";
import { fetchTasks } from "./tasks";

/**
 * Creates throw-away accounts and deletes all of them with their data, also after an error or an
 * interrupt.
 */
export function createAccounts(target: Target) {
  const signUps: Promise<Account>[] = [];
  let deletion: Promise<string[]> | undefined;

  async function deleteAll(): Promise<string[]> {
    const left: string[] = [];
    // Wait for sign-ups that are in progress: otherwise their accounts would remain.
    for (const signUp of await Promise.allSettled(signUps)) {
      if (signUp.status === "rejected") continue;
      const isDeleted = await deleteAccount(signUp.value).catch(() => false);
      if (!isDeleted) left.push(signUp.value.email);
    }
    return left;
  }

  return {
    signUp(): Promise<Account> {
      // After Ctrl-C nothing would delete a new account.
      if (deletion) fail("The run is ending.");
      const account = Account.signUp(target);
      signUps.push(account);
      return account;
    },
    /** Deletes all accounts. Returns the email addresses of those that could not be deleted. */
    deleteAll(): Promise<string[]> {
      deletion ??= deleteAll();
      return deletion;
    },
  };
}

async function deleteAccount(account: Account): Promise<boolean> {
  await deleteTasks(account).catch(() => {
    // This is not the reference backend, and its response is unknown. Delete the account anyway.
  });
  const deleteUser = (session: Account) =>
    session.post("/api/auth/delete-user", { password: session.password });
  if ((await deleteUser(account)).status === 200) return true;
  return (await deleteUser(await account.signInAgain())).status === 200;
}

/**
 * Deletes only tasks with the account's mark in the title: a broken backend may list the tasks of
 * all users.
 */
async function deleteTasks(account: Account): Promise<void> {
  const own = (await fetchTasks(account)).filter(({ title }) => title.startsWith(account.mark));
  for (const { id } of own) await account.post(`${TASKS}/${id}`, {}, "DELETE");
}
