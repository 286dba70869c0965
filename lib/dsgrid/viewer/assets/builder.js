// The form of the query builder: what is changed goes to the page's callbacks, what is wrong is shown at its field.
"use strict";
window.dash_clientside = window.dash_clientside || {};
(() => {
  const IDLE = 500; // milliseconds without a change before a spec is planned, or a text is read
  const TYPING = 300; // before what is typed into a search is looked for
  const LONGEST = 7000; // characters of an address: proxies take no more than 8,000
  let pending = []; // changes that were not sent yet
  let sent = []; // those that are on their way
  let again = []; // those that nobody has heard, and that are sent once more
  let newest = null;
  let back = null; // the address that signing in leads back to
  let busy = false;
  let number = 0;
  let problems = [];
  let focus = null; // where the focus goes once the form is there
  let held = null; // what had the focus: each answer brings a form of new elements
  let planning = 0;
  let running = 0;
  let isWanted = false; // the run, once nothing is on its way any more
  const waiting = new Map();
  const inputs = new Map(); // by place: a field stays the same one, whatever is drawn around it

  const form = () => document.getElementById("build-form");
  const tell = (id, data) => window.dash_clientside.set_props(id, { data });

  const later = (name, milliseconds, work) => {
    clearTimeout(waiting.get(name));
    waiting.set(name, setTimeout(() => { waiting.delete(name); work(); }, milliseconds));
  };

  const tellAll = (all, more = {}) => {
    busy = true;
    number += 1;
    [sent, again] = [all, []];
    const text = all.find((each) => "text" in each);
    const changes = all.filter((each) => !("text" in each));
    tell("build-said", { ...more, ...(text && { text: text.text }), changes, n: number });
    // An answer that does not come must not make the form dumb for good.
    later("busy", 20000, unheard);
  };

  const send = () => {
    if (busy || pending.length === 0) return;
    const all = pending;
    pending = [];
    tellAll(all);
  };

  // What nobody has heard is told again with the next change: the session has ended, or the server is gone.
  const unheard = () => {
    if (!busy) return;
    busy = false;
    clearTimeout(waiting.get("busy"));
    const isNext = pending.length > 0;
    [again, sent] = [sent, []];
    pending = pending.some((each) => "text" in each) ? pending : [...again, ...pending];
    remember();
    if (isNext) send();
  };

  const real = window.fetch;
  window.fetch = (where, how) => {
    const answer = real(where, how);
    if (busy && typeof how?.body === "string" && how.body.includes('"build-said.data"')) {
      const mine = number;
      const look = () => setTimeout(() => { if (number === mine) unheard(); }, 1000);
      answer.then(look, look);
    }
    return answer;
  };

  const remember = () => {
    if (newest && form()) window.dsgrid_kept.put(back, newest, [...sent, ...pending]);
  };
  // A page that comes again, after a reload or after signing in, goes on where it was left.
  const recall = (state) => {
    const kept = window.dsgrid_kept.take(state);
    if (kept) tellAll(kept.changes, { state: kept.state });
  };

  const item = (at) => form()?.querySelector(`[data-do="remove"][data-at="${CSS.escape(at)}"]`)?.closest(".item");

  const hold = () => {
    const active = document.activeElement;
    if (!active || active === document.body) return;
    if (!form()?.contains(active)) { held = null; return; }
    const { at, value, do: what } = active.dataset;
    const place = at ?? field(active)?.dataset.at;
    held = { place, kind: active.tagName.toLowerCase(), value, what, label: active.getAttribute("aria-label") };
  };

  const restore = () => {
    if (!held || (document.activeElement && document.activeElement !== document.body)) return;
    const { place, kind, value, what, label } = held;
    const root = form();
    const near = place === undefined ? [] : [...root.querySelectorAll(`[data-at="${CSS.escape(place)}"]`)];
    const fits = near.flatMap((each) => (each.matches(kind) ? [each] : [...each.querySelectorAll(kind)]));
    const same = fits.find((each) => each.dataset.value === value && each.dataset.do === what) ?? fits[0]
      ?? (kind === "summary" ? [...root.querySelectorAll("summary")].find((each) => each.ariaLabel === label) : undefined)
      ?? item((place ?? "").replace(/\.[^.\]]+$/, ""))?.querySelector("select, input, button");
    same?.focus({ preventScroll: true });
  };

  const made = (at) => {
    const input = document.createElement("input");
    input.type = "text";
    input.autocomplete = "off";
    input.spellcheck = false;
    inputs.set(at, input);
    return input;
  };

  const fill = (slot) => {
    const { at } = slot.closest("[data-at]").dataset;
    const { value, placeholder, mode, list } = slot.dataset;
    const input = inputs.get(at) ?? made(at);
    input.placeholder = placeholder;
    input.inputMode = mode;
    if (list) input.setAttribute("list", list);
    else input.removeAttribute("list");
    // What is typed and was not sent yet is newer than the form.
    if (!waiting.has(at) && !pending.some((each) => each.at === at) && input.value !== value) input.value = value;
    const { selectionStart, selectionEnd } = input;
    slot.append(input);
    input.setSelectionRange(selectionStart, selectionEnd);
  };

  // The newest value of a field is what counts.
  const change = (one) => {
    // What was written just now comes first: the form changes that.
    if (waiting.has("text")) {
      clearTimeout(waiting.get("text"));
      waiting.delete("text");
      pending = [{ text: document.getElementById("build-text").value }];
    }
    pending = pending.filter((each) => !(each.at === one.at && "set" in each && "set" in one));
    pending.push(one);
    send();
    remember();
  };

  // What was typed last counts, though nobody has left its field.
  const flush = () => {
    const typed = waiting.get("text");
    if (typed !== undefined) { clearTimeout(typed); waiting.delete("text"); read(); }
    const { activeElement } = document;
    const at = field(activeElement)?.dataset.at;
    if (at !== undefined && activeElement.matches("input") && waiting.has(at)) {
      clearTimeout(waiting.get(at));
      waiting.delete(at);
      change({ at, set: activeElement.value });
    }
  };

  const run = () => {
    const button = document.getElementById("build-run");
    if (!button || button.disabled) return;
    flush();
    isWanted = true;
    if (!busy && pending.length === 0) go();
  };

  const go = () => {
    isWanted = false;
    running += 1;
    tell("build-go", { n: running });
  };

  const read = () => {
    pending = [{ text: document.getElementById("build-text").value }];
    send();
    remember();
  };

  const field = (target) => target.closest?.("#build-form [data-at]");

  // What the form shows, after each time that it was drawn.
  const paint = () => {
    const root = form();
    if (!root) return;
    for (const slot of root.querySelectorAll(".slot:empty")) fill(slot);
    for (const select of root.querySelectorAll("select[data-at]")) {
      const newer = pending.find((each) => each.at === select.dataset.at && "set" in each);
      const value = newer ? newer.set : select.dataset.value;
      if (select.value !== value) select.value = value;
    }
    const notes = [...root.querySelectorAll("[data-note]")];
    const told = new Map(notes.map((note) => [note, []]));
    for (const { at, message } of problems) {
      const fits = notes.filter((note) => {
        const own = note.dataset.note;
        return own && (at === own || at.startsWith(`${own}.`) || at.startsWith(`${own}[`));
      });
      fits.sort((a, b) => b.dataset.note.length - a.dataset.note.length);
      if (fits.length) told.get(fits[0]).push(message);
    }
    for (const [note, messages] of told) {
      const more = messages.length > 3 ? [`and ${messages.length - 3} more, see the plan`] : [];
      const text = [...messages.slice(0, 3), ...more].join("\n");
      if (note.textContent !== text) note.textContent = text;
      const control = note.parentElement.querySelector(":scope > label > select, :scope > label input");
      if (control) control.setAttribute("aria-invalid", String(messages.length > 0));
    }
    if (focus) {
      const found = focus();
      focus = null;
      found?.focus();
    }
    restore();
  };

  document.addEventListener("focusin", hold);

  // A page that comes, and each new form of it: before it is seen.
  let watched = null;
  new MutationObserver(() => {
    const root = form();
    if (!root) { inputs.clear(); watched = null; return; }
    if (root !== watched) { watched = root; inputs.clear(); held = null; problems = []; }
    if (root.querySelector(".slot:empty")) paint();
  }).observe(document.documentElement, { childList: true, subtree: true });

  let planned = null;
  const plan = (state) => later("plan", IDLE, () => {
    planned = state;
    planning += 1;
    document.getElementById("build-plan")?.setAttribute("aria-busy", "true");
    tell("build-asked", { n: planning, state });
  });

  // The spec in the address: it can be shared, and survives a reload.
  const keep = (state) => {
    const url = new URL(location.href);
    const isBegun = state.document.project || state.document.dataset || state.problem;
    url.search = "";
    if (isBegun) url.searchParams.set("spec", state.text);
    if (url.href.length > LONGEST) url.search = `?kept=${window.dsgrid_kept.mark(state.text)}`;
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  };

  const rows = (text) => String(Math.min(60, Math.max(12, text.split("\n").length + 1)));

  window.dash_clientside.dsgrid_build = {
    arrived(state) {
      if (!state) return window.dash_clientside.no_update;
      [newest, back] = [state, null];
      if (state.n === 0) {
        [number, busy, pending, sent, again, problems] = [0, false, [], [], [], []];
        recall(state);
      } else if (state.n === number) {
        busy = false;
        clearTimeout(waiting.get("busy"));
        // It was heard after all.
        pending = pending.filter((each) => !again.includes(each));
        [sent, again] = [[], []];
      }
      requestAnimationFrame(() => {
        paint();
        const area = document.getElementById("build-text");
        if (area) area.rows = rows(state.text);
        const remark = document.getElementById("build-remark");
        const isLong = new URL(location.href).searchParams.has("kept");
        const long = isLong ? "Too long for the address: this tab keeps it; to share it, download it. " : "";
        const noted = /^\s*#(?!:schema)|\s#\s/m.test(state.text) ? "Comments are kept until the form changes the spec." : "";
        if (remark) remark.textContent = long + noted;
        send();
        if (isWanted && !busy && pending.length === 0) go();
      });
      if (state.n > 0) { keep(state); remember(); }
      plan(state);
      return window.dash_clientside.no_update;
    },
    told(found) {
      document.getElementById("build-plan")?.removeAttribute("aria-busy");
      problems = found ?? [];
      paint();
      return window.dash_clientside.no_update;
    },
  };

  document.addEventListener("change", (event) => {
    const at = field(event.target)?.dataset.at;
    if (at === undefined) return;
    if (!event.target.matches("select, input")) return;
    clearTimeout(waiting.get(at));
    waiting.delete(at);
    change({ at, set: event.target.value });
  });

  document.addEventListener("input", (event) => {
    if (event.target.id === "build-text") {
      later("text", IDLE, read);
      return;
    }
    const at = field(event.target)?.dataset.at;
    if (at === undefined || !event.target.matches("input")) return;
    const { target } = event;
    later(at, at.endsWith(".seek") ? TYPING : 900, () => change({ at, set: target.value }));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && document.getElementById("build-page")) {
      event.preventDefault();
      run();
      return;
    }
    if (event.key !== "Enter" || !event.target.matches?.("#build-form input")) return;
    const at = field(event.target)?.dataset.at;
    if (at === undefined) return;
    clearTimeout(waiting.get(at));
    waiting.delete(at);
    change({ at, set: event.target.value });
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#build-page button");
    if (!button) return;
    const { at, do: what, value, single, line } = button.dataset;
    if (line) {
      const area = document.getElementById("build-text");
      const lines = area.value.split("\n");
      const start = lines.slice(0, Number(line) - 1).join("\n").length + (Number(line) > 1 ? 1 : 0);
      area.focus();
      area.setSelectionRange(start, start + (lines[Number(line) - 1] ?? "").length);
      area.scrollTop = ((Number(line) - 3) / lines.length) * area.scrollHeight;
    } else if (button.id === "build-run") {
      run();
    } else if (button.id === "build-download") {
      const area = document.getElementById("build-text");
      const name = /^name\s*=\s*"([\w-]+)"/m.exec(area.value)?.[1] ?? "query";
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([area.value], { type: "application/toml" }));
      link.download = `${name}.toml`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    } else if (what) {
      const list = at.replace(/\[\d+\]$/, "");
      const index = Number(/\[(\d+)\]$/.exec(at)?.[1] ?? -1);
      if (what === "add") {
        focus = () => {
          const found = [...form().querySelectorAll('[data-do="remove"]')].filter((each) =>
            each.dataset.at.startsWith(`${at}[`) && !each.dataset.at.slice(at.length + 1).includes("["));
          return found.at(-1)?.closest(".item")?.querySelector("select, input, button");
        };
      } else if (what === "remove") {
        focus = () => item(`${list}[${Math.max(0, index - 1)}]`)?.querySelector("select, input, button")
          ?? form().querySelector(`[data-do="add"][data-at="${CSS.escape(list)}"]`);
      } else if (what === "up" || what === "down") {
        const to = `${list}[${index + (what === "up" ? -1 : 1)}]`;
        focus = () => {
          const own = form().querySelector(`[data-do="${what}"][data-at="${CSS.escape(to)}"]`);
          return own && !own.disabled ? own : item(to)?.querySelector(".moves button:not(:disabled)");
        };
      }
      change({ at, do: what });
    } else if (value !== undefined && button.classList.contains("chip")) {
      change(single ? { at, set: JSON.parse(value) } : { at, toggle: JSON.parse(value) });
    }
  });

  // To show the page once more would bring back what it began with: the plan is asked for again, or the address loaded.
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-again]");
    if (!pressed || !document.getElementById("build-page")) return;
    event.stopPropagation();
    if (pressed.closest("#build-plan") && planned) plan(planned);
    else if (pending.length) send();
    else location.reload();
  }, true);

  // Who has signed in elsewhere comes back, and goes on.
  window.addEventListener("focus", () => { if (form()) send(); });
  // Who signs in here finds what was there, however much that is.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#notice a[href*='sign-in?']");
    if (!link || !form()) return;
    flush();
    back = `${location.pathname}?kept=${window.dsgrid_kept.mark(document.getElementById("build-text").value)}`;
    remember();
    link.href = link.href.replace(/\?.*$/, `?next=${encodeURIComponent(back)}`);
  }, true);

  // "Ask" in the head leads here again: to a form with nothing in it.
  window.addEventListener("_dashprivate_pushstate", () => {
    const page = document.getElementById("build-page");
    if (page && location.pathname === `${page.dataset.prefix}build` && location.search === "") change({ at: "", do: "fresh" });
  });
})();
