// What the browser does by itself: titles, focus, themes.
"use strict";
// To another page of the viewer, without loading anything anew; what dcc.Link says when it has gone somewhere.
window.dsgrid = {
  go(href) {
    history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  },
};
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.dsgrid = {
  // A new page has come: its name into the window's title, the focus to it.
  arrive(title) {
    if (title) {
      const first = document.body.dataset.arrived === undefined;
      document.body.dataset.arrived = String(Date.now());
      document.title = title;
      if (!first) document.getElementById("page")?.focus({ preventScroll: true });
      window.dash_clientside.set_props("notice", { hidden: true });
    }
    return window.dash_clientside.no_update;
  },
};

(() => {
  const order = ["system", "light", "dark"];
  const shown = () => document.documentElement.dataset.theme || "system";
  const name = () => {
    const button = document.getElementById("theme");
    const text = `Theme: ${shown()}`;
    // Only where it changes: this is called for every change of the page.
    if (button && button.textContent !== text) button.textContent = text;
    const dark = shown() === "dark" || (shown() === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.agThemeMode = dark ? "dark" : "light";
  };
  document.addEventListener("click", (event) => {
    if (event.target.id !== "theme") return;
    const next = order[(order.indexOf(shown()) + 1) % order.length];
    if (next === "system") {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem("dsgrid-theme");
    } else {
      document.documentElement.dataset.theme = next;
      localStorage.setItem("dsgrid-theme", next);
    }
    name();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  new MutationObserver(name).observe(document.documentElement, { childList: true, subtree: true });
  name();
})();
