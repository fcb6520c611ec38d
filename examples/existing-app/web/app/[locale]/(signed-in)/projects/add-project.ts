"use server";

import { revalidatePath } from "next/cache";
import { getLocale } from "next-intl/server";
import { backend } from "@/lib/server/backend";
import { requireSession } from "@/lib/server/page-session";

export async function addProject(form: FormData): Promise<void> {
  const path = `/${await getLocale()}/projects`;
  await requireSession(path);
  await (await backend()).post("/api/projects", { body: { name: String(form.get("name")) } });
  revalidatePath(path);
}
