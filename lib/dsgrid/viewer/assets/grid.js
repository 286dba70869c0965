// Grids: how cells are written, links in cells, and what stands in the address.
"use strict";
(() => {
  const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  // Six digits that tell something, and never fewer than are whole; as parts/numbers.py does it.
  const DIGITS = 6;
  const measured = Array.from({ length: DIGITS + 4 }, (_, places) =>
    new Intl.NumberFormat("en-US", { maximumFractionDigits: places }));
  const placesOf = (size) => (size ? Math.max(0, DIGITS - 1 - Math.floor(Math.log10(size))) : 0);
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const is = (value) => value !== null && value !== undefined;

  const written = {
    dsgridCount: ({ value }) => (typeof value === "number" ? whole.format(value) : is(value) ? String(value) : ""),
    dsgridNumber: ({ value }) => {
      if (typeof value !== "number") return is(value) ? String(value) : "";
      const size = Math.abs(value);
      return size && (size >= 1e15 || size < 1e-4) ? value.toPrecision(DIGITS).replace(/\.?0+(e|$)/, "$1") : measured[placesOf(size)].format(value);
    },
    dsgridSize: ({ value }) => {
      if (typeof value !== "number") return "";
      let left = value, unit = 0;
      while (left >= 1000 && unit < units.length - 1) { left /= 1000; unit += 1; }
      return `${unit ? left.toFixed(1) : whole.format(left)} ${units[unit]}`;
    },
    dsgridMoment: ({ value }) => {
      const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(is(value) ? value : "");
      return found ? `${found[1]} ${found[2]} UTC` : is(value) ? String(value) : "";
    },
    dsgridTruth: ({ value }) => (value === true ? "yes" : value === false ? "no" : ""),
  };
  window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, written);

  // To another page of the viewer, as links outside of grids go.
  const go = (href) => {
    window.dsgrid.go(href);
    window.scrollTo(0, 0);
  };
  const quoted = (text) => text.split("/").map((part) => encodeURIComponent(part).replace(/%3A/g, ":").replace(/%40/g, "@")).join("/");
  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, {
    DsgridLink: (props) => {
      if (!props.data || !is(props.value)) return null;
      const id = String(props.data[props.reference]);
      const version = props.version && props.data[props.version] ? `@${props.data[props.version]}` : "";
      const href = `${props.prefix}${quoted(id + version)}`;
      return React.createElement(
        "a",
        {
          href,
          tabIndex: -1,
          onClick: (event) => {
            if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
            event.preventDefault();
            go(href);
          },
        },
        String(props.value),
      );
    },
  });
  document.addEventListener("click", (event) => {
    const part = event.target.closest?.('[data-grid="again"]')?.closest(".grid-part");
    const id = part?.querySelector(".dsgrid-grid")?.id;
    if (id) window.dash_ag_grid.getApi(id)?.purgeInfiniteCache();
  });
  // The focus is on cells, and not on what is in them.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.classList?.contains("ag-cell")) return;
    event.target.querySelector("a[href]")?.click();
  });

  const none = () => window.dash_clientside.no_update;
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.dsgrid_grid = {
    // Other rows are wanted: those that are here are forgotten, and what is seen is asked for again.
    again(_search, _stale, id) {
      try {
        window.dash_ag_grid.getApi(id)?.purgeInfiniteCache();
      } catch {
        // It is not there yet, and will ask by itself.
      }
      return none();
    },
    // What is shown stands in the address, so that it can be sent to others.
    remember(asked, kept, search) {
      if (!asked || !kept || !kept.keeps) return none();
      const address = new URL(location.href);
      const set = (name, value) => (value ? address.searchParams.set(name, value) : address.searchParams.delete(name));
      set("search", (search || "").trim());
      set("filter", Object.keys(asked.filterModel || {}).length ? JSON.stringify(asked.filterModel) : "");
      set("sort", (asked.sortModel || []).map((each) => (each.sort === "desc" ? "-" : "") + each.colId).join(","));
      if (address.href !== location.href) history.replaceState(history.state, "", address.href);
      return none();
    },
  };
})();
