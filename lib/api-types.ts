export interface paths {
  "/health": { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: operations["health"]; put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never };
  "/api/me": { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: operations["health"] };
  "/api/tasks": { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: operations["list_tasks"]; put?: never; post: operations["create_task"]; delete?: never; options?: never; head?: never; patch?: never; trace?: never };
  "/api/tasks/{task_id}": { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: operations["get_task"]; put?: never; post?: never; delete: operations["delete_task"]; options?: never; head?: never; patch: operations["update_task"]; trace?: never };
}
export interface components { schemas: { Task: { id: string; title: string; done: boolean; created_at: string }; TaskCreate: { title: string }; TaskUpdate: { title?: string | null; done?: boolean | null }; HTTPValidationError: { detail?: unknown[] } } }
type E = { headers: { [name: string]: unknown }; content: { "application/json": components["schemas"]["HTTPValidationError"] } };
type T = { headers: { [name: string]: unknown }; content: { "application/json": components["schemas"]["Task"] } };
type P0 = { query?: never; header?: never; path?: never; cookie?: never };
type P1 = { query?: never; header?: never; path: { task_id: string }; cookie?: never };
export interface operations {
  health: { parameters: P0; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { "application/json": { [k: string]: string } } } } };
  list_tasks: { parameters: P0; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { "application/json": components["schemas"]["Task"][] } } } };
  create_task: { parameters: P0; requestBody: { content: { "application/json": components["schemas"]["TaskCreate"] } }; responses: { 201: T; 422: E } };
  get_task: { parameters: P1; requestBody?: never; responses: { 200: T; 422: E } };
  update_task: { parameters: P1; requestBody: { content: { "application/json": components["schemas"]["TaskUpdate"] } }; responses: { 200: T; 422: E } };
  delete_task: { parameters: P1; requestBody?: never; responses: { 204: { headers: { [name: string]: unknown }; content?: never }; 422: E } };
}
