import { version } from "../package.json";

/** The version of aistack itself. */
export const VERSION: string = version;
