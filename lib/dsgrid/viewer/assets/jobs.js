// When jobs are looked at again, and the question before something is done to one.
"use strict";
window.dash_clientside = window.dash_clientside || {};
(() => {
  const PATIENCE = 15000; // milliseconds after which an answer is not waited for any more
  const nothing = () => window.dash_clientside.no_update;

  // Only while somebody looks, only when the last look was answered, and the longer the rarer.
  const tick = (n, before, heard) => {
    const now = Date.now();
    if (!n || document.hidden) return null;
    if (before && heard !== before.n && now - before.at < PATIENCE) return null;
    return { n, at: now, since: before?.since ?? now };
  };
  const pause = (since) => {
    const gone = Date.now() - since;
    return gone < 15000 ? 700 : gone < 120000 ? 2000 : 5000;
  };

  const button = (text, main, value) => {
    const made = document.createElement("button");
    made.className = main ? "button main" : "button";
    made.textContent = text;
    made.value = value;
    made.type = "submit";
    return made;
  };

  // A dialog of the browser: it holds the focus, Escape closes it, and the focus goes back to the button.
  const asked = (title, text, yes, no) =>
    new Promise((answer) => {
      const dialog = document.createElement("dialog");
      const form = document.createElement("form");
      const heading = document.createElement("h2");
      const line = document.createElement("p");
      const bar = document.createElement("p");
      dialog.className = "ask";
      dialog.setAttribute("aria-labelledby", "ask-title");
      form.method = "dialog";
      heading.id = "ask-title";
      heading.textContent = title;
      line.textContent = text;
      bar.className = "bar";
      bar.append(button(yes, true, "yes"), button(no, false, "no"));
      form.append(heading, line, bar);
      dialog.append(form);
      document.body.append(dialog);
      dialog.addEventListener("close", () => {
        dialog.remove();
        answer(dialog.returnValue === "yes");
      });
      dialog.showModal();
    });

  const WORDS = {
    cancel: ["Cancel this job?", "It ends without a result.", "Cancel the job", "Let it go on"],
    remove: ["Remove this job?", "Its log and its result are gone then.", "Remove it", "Keep it"],
  };

  // The time that running jobs take, as `durations.py` writes it.
  const duration = (seconds) => {
    if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    const two = (number) => String(number).padStart(2, "0");
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
    const minutes = Math.round(seconds / 60);
    if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
    return `${Math.floor(minutes / 1440)} days ${Math.floor((minutes % 1440) / 60)} h`;
  };
  const begun = new WeakMap();
  setInterval(() => {
    for (const each of document.querySelectorAll("[data-gone]")) {
      if (!begun.has(each)) begun.set(each, performance.now() - 1000 * Number(each.dataset.gone));
      each.textContent = duration((performance.now() - begun.get(each)) / 1000);
    }
  }, 1000);

  window.dash_clientside.dsgrid_jobs = {
    tick(n, before, heard) {
      const found = tick(n, before, heard);
      return found === null ? [nothing(), nothing()] : [found, pause(found.since)];
    },
    beat(n, before, heard) {
      return tick(n, before, heard) ?? nothing();
    },
    async ask(_clicks, about) {
      const context = window.dash_clientside.callback_context;
      const chosen = context.triggered_id;
      if (!chosen?.act || !context.triggered[0]?.value) return nothing();
      const words = WORDS[chosen.act];
      if (words && !(await asked(words[0], `${about.name}. ${words[1]}`, words[2], words[3]))) return nothing();
      const bytes = crypto.getRandomValues(new Uint8Array(12));
      return { act: chosen.act, job: chosen.job, key: Array.from(bytes, (each) => each.toString(16)).join("-") };
    },
  };
})();
