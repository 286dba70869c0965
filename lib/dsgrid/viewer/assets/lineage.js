// The picture of a lineage: colours of the page, buttons, and what is near to what was chosen.
"use strict";
window.dash_clientside = window.dash_clientside || {};
(() => {
  const picture = () => document.getElementById("lineage-graph")?._cyreg?.cy;
  let look = null;
  const LARGEST = 1.15; // two boxes are not drawn as large as the picture is
  const LEGIBLE = 0.6;

  // The Dash component sets this whatever it is told, and its library complains of that.
  const { warn } = console;
  console.warn = (...said) => {
    if (!String(said[0]).startsWith("You have set a custom wheel sensitivity")) warn.apply(console, said);
  };

  const fit = (cy) => {
    cy.fit(undefined, 16);
    if (cy.zoom() > LARGEST) {
      cy.zoom(LARGEST);
      cy.center();
    }
  };
  // At first what all is about can be read, though not all of it may be seen.
  const begin = (cy) => {
    fit(cy);
    const root = cy.nodes("[?root]");
    if (cy.zoom() >= LEGIBLE || root.empty()) return;
    cy.zoom(0.8);
    cy.center(root);
  };

  // Cytoscape draws on a canvas, which knows no variables of CSS.
  const dressed = () => {
    const css = getComputedStyle(document.documentElement);
    const colour = (text) => text.replace(/^var\((--[\w-]+)\)$/, (_, name) => css.getPropertyValue(name).trim());
    return look.map(({ selector, style }) => ({
      selector,
      style: Object.fromEntries(
        Object.entries(style).map(([name, value]) => [name, typeof value === "string" ? colour(value) : value]),
      ),
    }));
  };
  const again = () => {
    if (look && document.getElementById("lineage-graph"))
      window.dash_clientside.set_props("lineage-graph", { stylesheet: dressed() });
  };
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);

  // Another picture, or another size of it: it is placed anew.
  const watched = new WeakSet();
  const watch = () => {
    const cy = picture();
    if (!cy || watched.has(cy)) return;
    watched.add(cy);
    new ResizeObserver(() => {
      if (cy.destroyed()) return;
      cy.resize();
      begin(cy);
    }).observe(cy.container());
  };

  const png = (cy, back) => {
    const box = cy.elements().boundingBox();
    // As sharp as the largest pictures that browsers make allow.
    const scale = Math.max(0.2, Math.min(2, 8000 / Math.max(box.w, box.h, 1)));
    return cy.png({ full: true, scale, bg: back, output: "blob" });
  };
  const save = (cy, name, form) => {
    const back = getComputedStyle(document.documentElement).getPropertyValue("--page").trim();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(form === "svg" ? window.dsgridLineageSvg(cy, back) : png(cy, back));
    link.download = `${name}.${form}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-lineage]");
    const cy = button && picture();
    if (!cy) return;
    const centre = { x: cy.width() / 2, y: cy.height() / 2 };
    const act = button.dataset.lineage;
    if (act === "fit") fit(cy);
    if (act === "in") cy.zoom({ level: cy.zoom() * 1.3, renderedPosition: centre });
    if (act === "out") cy.zoom({ level: cy.zoom() / 1.3, renderedPosition: centre });
    if (act === "png" || act === "svg") save(cy, document.querySelector(".lineage-picture").dataset.name, act);
  });

  // The wheel scrolls the page; with Ctrl, or by pinching, it enlarges the picture.
  document.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && event.target.closest?.(".lineage-picture")) event.stopPropagation();
    },
    { capture: true, passive: true },
  );

  // The links of what was chosen stand out.
  document.addEventListener("pointerup", (event) => {
    if (!event.target.closest?.(".lineage-picture")) return;
    setTimeout(() => {
      const cy = picture();
      cy?.edges().forEach((edge) => edge.data("near", false));
      cy?.nodes(":selected").connectedEdges().forEach((edge) => edge.data("near", true));
    }, 60);
  });

  window.dash_clientside.dsgrid_lineage = {
    dressed(given) {
      if (!given) return window.dash_clientside.no_update;
      look = given;
      setTimeout(watch, 50);
      return dressed();
    },
  };
})();
