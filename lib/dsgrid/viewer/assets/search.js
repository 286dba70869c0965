// The search in the head: the key / goes there, arrows go through what was found, Enter to the page of it.
"use strict";
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.dsgrid_search = {
  // Where Enter leads: by what stands in the field, of which the callback may not have heard yet.
  go(times, page) {
    const text = document.getElementById("search")?.value.trim();
    if (!times || !text) return window.dash_clientside.no_update;
    return `${page}?text=${encodeURIComponent(text)}`;
  },
  // The field says what the page is about, and nothing on other pages.
  arrive(path, search, page) {
    const text = path === page ? new URLSearchParams(search || "").get("text") || "" : "";
    const field = document.getElementById("search");
    if (!field || field.value === text || (document.activeElement === field && path !== page)) {
      return window.dash_clientside.no_update;
    }
    return text;
  },
};

(() => {
  const typing = (element) =>
    element?.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element?.tagName);
  document.addEventListener("keydown", (event) => {
    const field = document.getElementById("search");
    if (!field || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "/" && !typing(document.activeElement)) {
      event.preventDefault();
      field.focus();
      field.select();
      return;
    }
    const box = field.closest(".search");
    if (!box?.contains(document.activeElement)) return;
    if (event.key === "Escape") {
      document.activeElement.blur();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const links = [field, ...box.querySelectorAll(".search-hits a")];
      const next = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      if (links[next]) {
        event.preventDefault();
        links[next].focus();
      }
    }
  });
  // A link that was followed, or Enter: what was found goes away.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.(".search-hits a")) document.activeElement?.blur();
  });
})();
