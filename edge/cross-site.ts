export { isCrossSite } from "../lib/cross-site";
