import { main } from "./lib/main";
import { runStack } from "./stack/stack";

main((atEnd) => runStack("dev", atEnd));
