// What the browser says by itself: that the viewer does not answer; and how to go on.
"use strict";
(() => {
  const part = (type, children, more) => ({
    type,
    namespace: "dash_html_components",
    props: { children, ...more },
  });
  const button = (text, more) => part("Button", text, { type: "button", className: "button", ...more });
  let isLost = false;
  const tell = (text) => {
    isLost = true;
    const again = button("Try again", { "data-again": "page" });
    const close = button("Close", { "data-close": "notice", className: "button quiet" });
    const todo = part("Span", [again, close], { className: "what-to-do" });
    window.dash_clientside.set_props("notice", { children: [part("Span", text), todo], hidden: false });
  };
  const words = (status) => {
    if (status === 429) return "Too many requests at once; wait for a moment.";
    if (status === 413) return "That is more than can be sent at once.";
    if (status === 502 || status === 503 || status === 504) return "The viewer is busy, or starts again.";
    return `The viewer could not do that (status ${status}); its log has more.`;
  };

  const real = window.fetch;
  window.fetch = async (where, how) => {
    if (!String(where?.url ?? where).includes("/_dash-update-component")) return real(where, how);
    let answer;
    try {
      answer = await real(where, how);
    } catch (error) {
      // Nobody waits any more for what was given up.
      if (error.name !== "AbortError" && !leaving) tell("The viewer does not answer. Does it still run?");
      throw error;
    }
    if (answer.status >= 400) tell(words(answer.status));
    else if (isLost) {
      isLost = false;
      window.dash_clientside.set_props("notice", { hidden: true });
    }
    return answer;
  };
  // Another page is on its way: what breaks off now is no loss.
  let leaving = false;
  window.addEventListener("beforeunload", () => {
    leaving = true;
  });

  document.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element && event.target.closest("[data-again], [data-close]");
    if (!pressed) return;
    if (pressed.dataset.close) window.dash_clientside.set_props(pressed.dataset.close, { hidden: true });
    else document.getElementById("again")?.click();
  });
  document.addEventListener("keydown", (event) => {
    const notice = document.getElementById("notice");
    if (event.key === "Escape" && notice && !notice.hidden) {
      window.dash_clientside.set_props("notice", { hidden: true });
    }
  });
})();
