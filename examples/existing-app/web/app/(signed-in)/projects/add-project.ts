"use server";

import { revalidatePath } from "next/cache";
import { backend } from "../../../lib/server/backend";
import { requireSession } from "../../../lib/server/page-session";

export async function addProject(form: FormData): Promise<void> {
  await requireSession("/projects");
  await (await backend()).post("/api/projects", { body: { name: String(form.get("name")) } });
  revalidatePath("/projects");
}
