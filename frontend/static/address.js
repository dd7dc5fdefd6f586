// Where the pages are: at the top of their host, or below the path that a proxy serves them under.
// This module is at …/static/<version>/address.js.

const base = new URL("../../", import.meta.url).pathname.slice(0, -1);

export const at = (path) => base + path;
export const isAt = (path) => location.pathname === at(path);
