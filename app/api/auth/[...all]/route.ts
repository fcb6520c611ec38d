import { handleAuth } from "../../../../lib/auth-server";

export { handleAuth as GET, handleAuth as POST };
