// Long tables and lists that Python has sent as values (parts/drawn.py): text is text, links lead to pages.
"use strict";
(() => {
  const TAGS = new Set([
    "a", "abbr", "b", "br", "caption", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h2", "h3", "h4", "i",
    "ins", "kbd", "li", "nav", "ol", "p", "pre", "s", "section", "small", "span", "strong", "sub", "summary", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "wbr",
  ]);
  const ATTRIBUTES = /^(class|colspan|rowspan|tabindex|id|title|scope|role|href|target|rel|lang|dir|open|hidden|reversed|aria-[a-z]+|data-[a-z]+)$/;
  const isPage = (href) => ["http:", "https:"].includes(new URL(href, location.href).protocol);

  const made = (node) => {
    if (!Array.isArray(node)) return document.createTextNode(node);
    const [tag, attributes, ...children] = node;
    if (tag && !TAGS.has(tag)) throw new Error(`<${tag}> is not drawn`);
    const element = tag ? document.createElement(tag) : document.createDocumentFragment();
    for (const [name, value] of Object.entries(attributes)) {
      if (!ATTRIBUTES.test(name)) throw new Error(`the attribute ${name} is not drawn`);
      if (name !== "href" || isPage(value)) element.setAttribute(name, value);
      if (name === "data-width") element.style.width = value;
    }
    element.append(...children.map(made));
    return element;
  };

  const from = new WeakMap();
  const draw = () => {
    for (const place of document.querySelectorAll("[data-drawn]")) {
      const text = place.getAttribute("data-drawn");
      if (from.get(place) === text) continue;
      from.set(place, text);
      try {
        place.replaceChildren(made(JSON.parse(text)));
      } catch (error) {
        place.replaceChildren("this part of the page cannot be drawn; the console of the browser says why");
        console.error(error);
      }
    }
  };
  new MutationObserver(draw).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-drawn"],
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-drawn] a[data-inside]");
    if (!link || event.button || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    window.dsgrid.go(link.getAttribute("href"));
    window.scrollTo(0, 0);
  });
})();
