import { backend } from "../../../lib/server/backend";
import { requireSession } from "../../../lib/server/page-session";
import { addProject } from "./add-project";

export default async function ProjectsPage() {
  await requireSession("/projects");
  const projects = await (await backend()).get("/api/projects");
  return (
    <>
      <h1 className="text-2xl font-semibold">Projects</h1>
      <ul>
        {projects.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
      <form action={addProject}>
        <label>
          Name <input name="name" required maxLength={80} />
        </label>
        <button type="submit">Add</button>
      </form>
    </>
  );
}
