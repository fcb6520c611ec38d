import { main } from "./lib/main";
import { runStack } from "./stack/run-stack";

main((atEnd) => runStack("up", atEnd));
