// What a tab keeps of the query builder: what is incomplete, was not heard, or is too long for an address.
"use strict";
window.dsgrid_kept = (() => {
  const KEY = "dsgrid-build";
  const here = () => location.pathname + location.search;
  // Who signs out leaves nothing to whoever comes next. A session that ends by itself goes on with what was there.
  document.addEventListener("submit", (event) => {
    if (!new URL(event.target.action, location.href).pathname.endsWith("/sign-out")) return;
    addEventListener("pagehide", () => sessionStorage.removeItem(KEY));
  });
  return {
    // A short name for a text, which stands in the address in its place.
    mark(text) {
      let sum = 0;
      for (const each of text) sum = (sum * 31 + each.codePointAt(0)) >>> 0;
      return sum.toString(36);
    },
    put(at, state, changes) {
      try {
        sessionStorage.setItem(KEY, JSON.stringify({ at: at ?? here(), state, changes }));
      } catch { /* without it, a reload begins with what the address says */ }
    },
    // What this address was left with, where that is more than the page that has come has; null for nothing.
    take(state) {
      try {
        const kept = JSON.parse(sessionStorage.getItem(KEY));
        if (kept?.at !== here()) return null;
        const isSame = ["document", "text", "typed"].every((each) =>
          JSON.stringify(kept.state[each]) === JSON.stringify(state[each]));
        return isSame && kept.changes.length === 0 ? null : kept;
      } catch {
        return null; // of another version
      }
    },
  };
})();
