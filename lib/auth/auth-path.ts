import { withBasePath } from "../base-path";
import { routes } from "../routes";

/** The path below which Better Auth's endpoints are, as browsers see it. */
export const authBasePath = withBasePath("/api/auth", routes);
