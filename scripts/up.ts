import { main } from "./lib/main";
import { runStack } from "./lib/stack";

main((atEnd) => runStack("up", atEnd));
