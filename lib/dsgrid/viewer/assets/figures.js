// What readers do with figures: hide colours, zoom to the peak; and what a phone needs.
"use strict";
(() => {
  const plotOf = (element) => element.closest(".figure")?.querySelector(".js-plotly-plot");
  const colours = (element) => [...element.closest(".legend").querySelectorAll(".colour")];

  const shown = (plot, buttons) => {
    const hidden = new Set(buttons.filter((one) => one.ariaPressed === "false").map((one) => one.dataset.group));
    // The sum of a stack is told only while all of it is there.
    const visible = plot.data.map((trace) => (trace.legendgroup ? !hidden.has(trace.legendgroup) : hidden.size === 0));
    window.Plotly.restyle(plot, { visible });
  };

  document.addEventListener("click", (event) => {
    const colour = event.target.closest(".figure .legend .colour");
    const zoom = event.target.closest(".figure .zooms button");
    const plot = (colour || zoom) && plotOf(colour || zoom);
    if (!plot || !window.Plotly) return;
    if (colour) {
      colour.ariaPressed = colour.ariaPressed === "true" ? "false" : "true";
      shown(plot, colours(colour));
    } else {
      const { from, to } = zoom.dataset;
      window.Plotly.relayout(plot, from ? { "xaxis.range": [from, to] } : { "xaxis.autorange": true });
    }
  });

  document.addEventListener("dblclick", (event) => {
    const colour = event.target.closest(".figure .legend .colour");
    const plot = colour && plotOf(colour);
    if (!plot || !window.Plotly) return;
    const every = colours(colour);
    const alone = every.every((one) => one === colour || one.ariaPressed === "false");
    for (const one of every) one.ariaPressed = alone || one === colour ? "true" : "false";
    shown(plot, every);
  });

  // On a phone letters are smaller, marks fewer, and a long clock has two lines.
  const narrowed = (layout) => {
    const change = { "font.size": 11.5, "margin.l": 40, "margin.r": 14 };
    for (const [key, axis] of Object.entries(layout)) {
      if (axis?.colorbar) change[`${key}.colorbar.thickness`] = 8;
      if (!/^[xy]axis\d*$/.test(key)) continue;
      // Ranges that are not there yet would be guessed.
      change[`${key}.autorange`] = axis.autorange ?? true;
      const title = axis.title?.text ?? "";
      if (key[0] === "x" && title.length > 40) change[`${key}.title.text`] = title.replace(/, ([^,]*)$/, ",<br>$1");
      if (axis.type === "date") change[`${key}.nticks`] = layout.coloraxis ? 3 : 4;
      if (key[0] === "x" && axis.type === "category" && axis.dtick) change[`${key}.dtick`] = axis.dtick * 2;
    }
    return change;
  };
  const fitted = new WeakSet();
  const fit = () => {
    if (window.innerWidth >= 640 || !window.Plotly) return;
    for (const plot of document.querySelectorAll(".graph .js-plotly-plot")) {
      if (fitted.has(plot) || !plot.once) continue;
      fitted.add(plot);
      // Not before it was drawn once: half a figure has no ranges yet.
      plot.once("plotly_afterplot", () => setTimeout(() => {
        if (plot.isConnected && plot.layout) window.Plotly.relayout(plot, narrowed(plot.layout));
      }));
    }
  };
  new MutationObserver(() => fit()).observe(document.documentElement, { childList: true, subtree: true });
})();
