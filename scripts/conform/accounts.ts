import { fail } from "../lib/user-error";
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
  await deleteTasks(member);
  const leave = (who: Member) => who.post("/api/auth/delete-user", { password: who.password });
  if ((await leave(member)).status === 200) return true;
  return (await leave(await member.signInAgain())).status === 200;
}

async function deleteTasks(member: Member): Promise<void> {
  const { status, body } = await member.ask({ path: "/backend/api/tasks" });
  if (status !== 200) return;
  for (const { id } of JSON.parse(body) as { id: string }[]) {
    await member.post(`/backend/api/tasks/${id}`, {}, "DELETE");
  }
}
