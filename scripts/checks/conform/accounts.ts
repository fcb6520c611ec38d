import { fail } from "../../lib/user-error";
import { SCRIPT, TASKS, type Task } from "./check";
import { Member, type Target } from "./world";

/**
 * Creates throw-away accounts and deletes all of them with their data, also after an error or an
 * interrupt.
 */
export function createAccounts(target: Target) {
  const opening: Promise<Member>[] = [];
  let closing: Promise<string[]> | undefined;

  async function closeAll(): Promise<string[]> {
    const left: string[] = [];
    // Wait for sign-ups that are in progress: otherwise their accounts would remain.
    for (const opened of await Promise.allSettled(opening)) {
      if (opened.status === "rejected") continue;
      const closed = await close(opened.value).catch(() => false);
      if (!closed) left.push(opened.value.email);
    }
    return left;
  }

  return {
    open(): Promise<Member> {
      // After Ctrl-C nothing would delete a new account.
      if (closing) fail("The run is ending.");
      const member = Member.signUp(target);
      opening.push(member);
      return member;
    },
    /** Deletes all accounts. Returns the email addresses of those that could not be deleted. */
    close(): Promise<string[]> {
      closing ??= closeAll();
      return closing;
    },
  };
}

async function close(member: Member): Promise<boolean> {
  await deleteTasks(member).catch(() => {
    // This is not the reference backend, and its response is unknown. Delete the account anyway.
  });
  const leave = (who: Member) => who.post("/api/auth/delete-user", { password: who.password });
  if ((await leave(member)).status === 200) return true;
  return (await leave(await member.signInAgain())).status === 200;
}

/**
 * Deletes only tasks with the account's mark in the title: a broken backend may list the tasks of
 * all users.
 */
async function deleteTasks(member: Member): Promise<void> {
  const { body } = await member.ask({ path: TASKS, headers: SCRIPT });
  const ours = (JSON.parse(body) as Task[]).filter(({ title }) => title.startsWith(member.mark));
  for (const { id } of ours) await member.post(`${TASKS}/${id}`, {}, "DELETE");
}
