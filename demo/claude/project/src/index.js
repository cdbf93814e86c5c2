export { initials, shortName } from "./names.js";
