/** Where the API is: the folder of the page, behind every stage and every custom domain. */
export const base = new URL(".", location.href.replace(/[?#].*$/, "")).href;
