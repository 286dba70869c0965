// Forms whose answers stand in the address (parts/choosing.py): they go there without loading the page anew.
"use strict";
(() => {
  const go = (form, control) => {
    // Not form.dataset: a field of that name would be meant.
    const wanted = new URLSearchParams(form.getAttribute("data-keep"));
    for (const [name, value] of new FormData(form)) if (value.trim() !== "") wanted.set(name, value.trim());
    const query = wanted.toString();
    const to = query ? `${form.getAttribute("action")}?${query}` : form.getAttribute("action");
    if (to === location.pathname + location.search) return;
    window.dsgrid.go(to);
    if (!control || !control.name) return;
    // A page that arrives takes the focus; here the user is still choosing.
    const back = () => document.querySelector(`form.choose [name="${CSS.escape(control.name)}"]`)?.focus();
    const page = document.getElementById("page");
    page?.addEventListener("focus", back, { once: true });
    setTimeout(() => page?.removeEventListener("focus", back), 8000);
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form.choose");
    if (form && event.target.tagName === "SELECT") go(form, event.target);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("form.choose");
    if (!form) return;
    event.preventDefault();
    go(form, form.contains(document.activeElement) ? document.activeElement : null);
  });
  // The cross in a search field clears it.
  document.addEventListener("search", (event) => {
    const form = event.target.closest?.("form.choose");
    if (form) go(form, event.target);
  }, true);
})();
