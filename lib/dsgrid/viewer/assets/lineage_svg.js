// The picture of a lineage as SVG: the same boxes and links as on the canvas, as shapes and texts that can be edited.
"use strict";
window.dsgridLineageSvg = (() => {
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const MARGIN = 16;
  const ARROW = 7;

  const made = (tag, attributes, ...children) => {
    const element = document.createElementNS(NAMESPACE, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const near = (number) => Math.round(number * 100) / 100;
  const polygon = (points) => `M${points.map(([x, y]) => `${near(x)},${near(y)}`).join("L")}Z`;

  // Outlines as Cytoscape has them, around a middle.
  const outline = (shape, x, y, width, height) => {
    const [left, top, right, low] = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
    if (shape === "cut-rectangle") {
      const cut = Math.min(8, width / 2, height / 2);
      return polygon([
        [left + cut, top], [right - cut, top], [right, top + cut], [right, low - cut],
        [right - cut, low], [left + cut, low], [left, low - cut], [left, top + cut],
      ]);
    }
    if (shape === "rhomboid")
      return polygon([[left, top], [x + width / 6, top], [right, low], [x - width / 6, low]]);
    if (shape === "round-rectangle") {
      const r = Math.min(8, width / 4, height / 4);
      return `M${left + r},${top}H${right - r}A${r},${r} 0 0 1 ${right},${top + r}V${low - r}A${r},${r} 0 0 1 ${right - r},${low}`
        + `H${left + r}A${r},${r} 0 0 1 ${left},${low - r}V${top + r}A${r},${r} 0 0 1 ${left + r},${top}Z`;
    }
    if (shape === "barrel") {
      const [dy, dx, bend] = [Math.min(15, height * 0.05), Math.min(100, width * 0.25), width * 0.05];
      return `M${left},${top + dy}V${low - dy}Q${left + bend},${low} ${left + dx},${low}H${right - dx}`
        + `Q${right - bend},${low} ${right},${low - dy}V${top + dy}Q${right - bend},${top} ${right - dx},${top}`
        + `H${left + dx}Q${left + bend},${top} ${left},${top + dy}Z`;
    }
    return polygon([[left, top], [right, top], [right, low], [left, low]]);
  };

  const box = (node) => {
    const { x, y } = node.position();
    const width = parseFloat(node.style("border-width"));
    const shape = outline(node.style("shape"), x, y, node.width(), node.height());
    const kind = node.style("border-style");
    const back = node.style("background-color");
    const edge = { d: shape, fill: back, stroke: node.style("border-color"), "stroke-width": width };
    if (kind === "dashed") edge["stroke-dasharray"] = "4 2";
    const told = made("title", {}, node.data("group") ? node.data("label") : node.data("references")[0]);
    const text = made(
      "text",
      {
        x: near(x), y: near(y), dy: "0.35em", "text-anchor": "middle", fill: node.style("color"),
        "font-family": node.style("font-family"), "font-size": node.style("font-size"), "font-weight": node.style("font-weight"),
      },
      node.data("label"),
    );
    // Two lines are a broad one with a narrow one of the colour behind on it.
    const inner = kind === "double" ? [made("path", { d: shape, fill: "none", stroke: back, "stroke-width": width / 3 })] : [];
    return made("g", {}, told, made("path", edge), ...inner, text);
  };

  const link = (edge) => {
    const [from, to] = [edge.sourceEndpoint(), edge.targetEndpoint()];
    const bends = edge.controlPoints() ?? [];
    const last = bends.at(-1) ?? from;
    const angle = Math.atan2(to.y - last.y, to.x - last.x);
    const back = { x: to.x - Math.cos(angle) * ARROW, y: to.y - Math.sin(angle) * ARROW };
    let line = `M${near(from.x)},${near(from.y)}`;
    bends.forEach((bend, index) => {
      const next = bends[index + 1];
      const end = next ? { x: (bend.x + next.x) / 2, y: (bend.y + next.y) / 2 } : back;
      line += `Q${near(bend.x)},${near(bend.y)} ${near(end.x)},${near(end.y)}`;
    });
    if (!bends.length) line += `L${near(back.x)},${near(back.y)}`;
    const half = { x: Math.sin(angle) * ARROW * 0.5, y: -Math.cos(angle) * ARROW * 0.5 };
    const colour = edge.style("line-color");
    const head = [[to.x, to.y], [back.x + half.x, back.y + half.y], [back.x - half.x, back.y - half.y]];
    return made(
      "g", {},
      made("path", { d: line, fill: "none", stroke: colour, "stroke-width": parseFloat(edge.style("width")) }),
      made("path", { d: polygon(head), fill: colour }),
    );
  };

  return (cy, back) => {
    const { x1, y1, w, h } = cy.elements().boundingBox();
    const [left, top, width, height] = [x1 - MARGIN, y1 - MARGIN, w + 2 * MARGIN, h + 2 * MARGIN].map(near);
    const root = made(
      "svg",
      { width, height, viewBox: `${left} ${top} ${width} ${height}` },
      made("rect", { x: left, y: top, width, height, fill: back }),
      made("g", {}, ...cy.edges().map(link)),
      made("g", {}, ...cy.nodes().map(box)),
    );
    return new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" });
  };
})();
