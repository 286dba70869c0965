"""The script of a page with a picture: draws it in the reader's colours, hides what is pressed, exports an image."""

from __future__ import annotations

from typing import Final

SCRIPT: Final = """
(() => {
  const figure = JSON.parse(document.getElementById("figure").textContent);
  const plot = document.getElementById("plot");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const height = figure.layout.height;
  const narrow = window.innerWidth < 640;

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    return (name) => style.getPropertyValue("--" + name).trim();
  };

  // What differs from the figure as it is: the reader's colours, and a legend and title that the page has itself.
  const themed = () => {
    const of = colours();
    const layout = structuredClone(figure.layout);
    Object.assign(layout, {
      paper_bgcolor: of("ground"), plot_bgcolor: of("ground"), showlegend: false, autosize: true,
      height: narrow ? Math.round(height * 0.88) : height,
      hoverlabel: { bgcolor: of("ground"), bordercolor: of("grid"), font: { color: of("ink") }, namelength: -1 },
    });
    delete layout.title;
    layout.font.color = of("ink");
    if (narrow) {
      layout.font.size = 11.5;
      layout.margin = { ...layout.margin, l: 40, r: 20 };
    }
    for (const [key, axis] of Object.entries(layout)) {
      if (narrow && axis.colorbar) axis.colorbar.thickness = 8;
      if (!/^[xy]axis/.test(key)) continue;
      if (narrow && key[0] === "x" && axis.type === "category" && axis.dtick) axis.dtick *= 2;
      // A long clock has two lines on a phone.
      const title = axis.title?.text ?? "";
      if (narrow && key[0] === "x" && title.length > 40) axis.title.text = title.replace(/, ([^,]*)$/, ",<br>$1");
      axis.gridcolor = axis.zerolinecolor = of("grid");
      if (narrow && axis.type === "date") axis.nticks = layout.coloraxis ? 3 : 4;
      if (axis.rangeslider) Object.assign(axis.rangeslider, { bgcolor: of("ground"), bordercolor: of("grid") });
    }
    return layout;
  };

  // An image has to say by itself what it shows.
  const image = {
    name: "image", title: "Download as an image",
    icon: Plotly.Icons.camera,
    click: () => {
      const layout = structuredClone(figure.layout);
      layout.margin = { ...layout.margin, t: 90 };
      const shown = figure.data.map((trace, i) => ({ ...trace, visible: plot.data[i].visible ?? true }));
      for (const key of Object.keys(layout)) if (layout[key].rangeslider) delete layout[key].rangeslider;
      Plotly.downloadImage(
        { data: shown, layout },
        { format: "png", width: 1200, height: height + 60, scale: 2, filename: document.title },
      );
    },
  };

  const config = {
    responsive: true, displaylogo: false, doubleClick: "reset", displayModeBar: !narrow,
    // These and no others: nothing here goes to a server.
    modeBarButtons: [["zoom2d", "pan2d"], ["zoomIn2d", "zoomOut2d", "resetScale2d"], [image]],
  };

  Plotly.newPlot(plot, structuredClone(figure.data), themed(), config).then(() => {
    plot.setAttribute("data-drawn", "true");
  });
  dark.addEventListener("change", () => {
    const hidden = plot.data.map((trace) => trace.visible ?? true);
    Plotly.react(plot, figure.data.map((trace, i) => ({ ...trace, visible: hidden[i] })), themed(), config);
  });

  // Around the highest value there is, as many days as a button says.
  for (const button of document.querySelectorAll(".zoom button")) {
    button.addEventListener("click", () => {
      const { from, to } = button.dataset;
      Plotly.relayout(plot, from ? { "xaxis.range": [from, to] } : { "xaxis.autorange": true });
    });
  }

  const buttons = [...document.querySelectorAll(".legend button")];
  const show = () => {
    const hidden = new Set(buttons.filter((one) => one.ariaPressed === "false").map((one) => one.dataset.group));
    const visible = figure.data.map((trace) => !hidden.has(trace.legendgroup));
    // The sum of a stack is told only while all of it is there.
    figure.data.forEach((trace, i) => { if (!trace.legendgroup) visible[i] = hidden.size === 0; });
    Plotly.restyle(plot, { visible });
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.ariaPressed = button.ariaPressed === "true" ? "false" : "true";
      show();
    });
    button.addEventListener("dblclick", () => {
      const alone = buttons.every((one) => one === button || one.ariaPressed === "false");
      for (const one of buttons) one.ariaPressed = alone || one === button ? "true" : "false";
      show();
    });
  }
})();
"""
