import { fail } from "../lib/user-error";
import { SCRIPT, TASKS, type Task } from "./check";
import { Member, type Target } from "./world";

/** Opens throw-away accounts, and closes every one of them with all that it owns, whatever has happened in between. */
export function createAccounts(target: Target) {
  const opening: Promise<Member>[] = [];
  let closing: Promise<string[]> | undefined;

  async function closeAll(): Promise<string[]> {
    const left: string[] = [];
    // One that is being opened right now is waited for: it would be left behind.
    for (const opened of await Promise.allSettled(opening)) {
      if (opened.status === "rejected") continue;
      const closed = await close(opened.value).catch(() => false);
      if (!closed) left.push(opened.value.email);
    }
    return left;
  }

  return {
    open(): Promise<Member> {
      // After a Ctrl-C nobody would close it any more.
      if (closing) fail("The run is ending.");
      const member = Member.signUp(target);
      opening.push(member);
      return member;
    },
    /** Gives the addresses of those that could not be deleted. */
    close(): Promise<string[]> {
      closing ??= closeAll();
      return closing;
    },
  };
}

async function close(member: Member): Promise<boolean> {
  await deleteTasks(member).catch(() => {
    // A backend of another kind: what it answers is not ours to understand, and the account goes all the same.
  });
  const leave = (who: Member) => who.post("/api/auth/delete-user", { password: who.password });
  if ((await leave(member)).status === 200) return true;
  return (await leave(await member.signInAgain())).status === 200;
}

/** Those with the account's mark in their title, and no others: a broken backend may list everybody's. */
async function deleteTasks(member: Member): Promise<void> {
  const { body } = await member.ask({ path: TASKS, headers: SCRIPT });
  const ours = (JSON.parse(body) as Task[]).filter(({ title }) => title.startsWith(member.mark));
  for (const { id } of ours) await member.post(`${TASKS}/${id}`, {}, "DELETE");
}
