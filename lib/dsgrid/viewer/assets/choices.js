// What readers choose about a picture: it goes into the address, and from there to the page.
"use strict";
(() => {
  const PARTS = /^(draw|kind|x|by|facet|unit|only\..*)$/;
  // What was chosen for one axis or kind need not fit another one.
  const FORGOTTEN = { draw: ["kind", "x", "by", "facet"], kind: ["x", "by", "facet"], x: ["by", "facet"] };
  const quoted = (value) => (/[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

  // The form comes anew from the server: what had the focus has it again, and open menus stay open.
  const keep = (form) => {
    const { name, value } = document.activeElement?.dataset ?? {};
    const own = name || document.activeElement?.name;
    const open = [...form.querySelectorAll(".filter[open]")].map((one) => one.dataset.filter);
    const parent = form.parentElement;
    const observer = new MutationObserver(() => {
      const now = parent.querySelector("form.choices");
      if (!now) return;
      observer.disconnect();
      for (const one of now.querySelectorAll(".filter")) one.open = open.includes(one.dataset.filter);
      if (!own || document.activeElement !== document.body) return;
      const same = [...now.querySelectorAll("[data-name], input")].filter((one) => (one.dataset.name || one.name) === own);
      (same.find((one) => one.dataset.value === value) ?? same[0])?.focus({ preventScroll: true });
    });
    observer.observe(parent, { childList: true, subtree: true });
    setTimeout(() => observer.disconnect(), 30000);
  };

  const tell = (form, params) => {
    keep(form);
    const search = params.toString();
    history.replaceState(history.state, "", `${location.pathname}${search ? `?${search}` : ""}`);
    const data = Object.fromEntries([...params].filter(([name]) => PARTS.test(name)));
    window.dash_clientside.set_props(form.dataset.store, { data });
  };

  const choose = (form, name, value) => {
    const params = new URLSearchParams(location.search);
    for (const other of FORGOTTEN[name] ?? []) params.delete(other);
    if (value) params.set(name, value);
    else params.delete(name);
    // A column has colours or panels, and not both.
    const other = { by: "facet", facet: "by" }[name];
    if (other && params.has(other)) {
      const own = (value ?? "").split(",");
      const left = params.get(other).split(",").filter((one) => !own.includes(one));
      if (left.length) params.set(other, left.join(","));
      else params.delete(other);
    }
    tell(form, params);
  };

  document.addEventListener("click", (event) => {
    const reset = event.target.closest("form.choices [data-reset]");
    if (reset) {
      const params = new URLSearchParams(location.search);
      for (const name of [...params.keys()]) if (PARTS.test(name)) params.delete(name);
      tell(reset.closest("form"), params);
      return;
    }
    const chip = event.target.closest("form.choices .chip[data-name]");
    if (chip) {
      const form = chip.closest("form");
      const { name, value, single } = chip.dataset;
      if (single) {
        choose(form, name, value);
        return;
      }
      const pressed = [...form.querySelectorAll(".chip[data-name]")]
        .filter((one) => one.dataset.name === name && one.ariaPressed === "true")
        .map((one) => one.dataset.value);
      const left = pressed.includes(value) ? pressed.filter((one) => one !== value) : [...pressed, value];
      const isFilter = name.startsWith("only.");
      choose(form, name, left.map(isFilter ? quoted : String).join(",") || (isFilter ? "" : "-"));
      return;
    }
    // A menu closes when something else is pressed.
    for (const menu of document.querySelectorAll(".filter[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form.choices");
    const name = event.target.dataset.name || event.target.name;
    if (form && name && event.target.matches("select, input")) choose(form, name, event.target.value.trim());
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(".filter[open]")) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });

  // Nothing here is sent as a form.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form.choices")) event.preventDefault();
  });
})();
