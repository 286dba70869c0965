"""The style of a page with a picture: light and dark, from a phone's width on."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
  :root { --ink: #26323f; --quiet: #5a6875; --ground: #ffffff; --grid: #e1e6ea; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #dde4ea; --quiet: #9ba8b4; --ground: #14191f; --grid: #2d3640; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; color: var(--ink); background: var(--ground);
         font: 16px/1.45 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
  main { max-width: 76rem; margin: 0 auto; padding: 1.6rem 1.5rem 2.5rem; }
  h1 { margin: 0; font-size: 1.5rem; letter-spacing: -0.012em; overflow-wrap: anywhere; }
  p { margin: 0.15rem 0 0; overflow-wrap: anywhere; }
  .source, .fixed { color: var(--quiet); font-size: 0.92rem; }
  .caption { margin-top: 0.9rem; color: var(--quiet); font-size: 0.86rem; max-width: 62rem; }
  .legend { display: flex; flex-wrap: wrap; align-items: center; gap: 0.1rem 0.9rem; margin: 0.9rem 0 0.2rem; }
  .legend span { color: var(--quiet); font-size: 0.86rem; }
  .legend button { display: inline-flex; align-items: center; gap: 0.4rem; padding: 0.15rem 0; border: 0;
                   background: none; color: inherit; font: inherit; font-size: 0.88rem; cursor: pointer;
                   text-align: left; }
  .legend i { flex: none; width: 0.85rem; height: 0.85rem; border-radius: 0.2rem; }
  .legend button[aria-pressed="false"] { opacity: 0.4; text-decoration: line-through; }
  .zoom { margin: 0.6rem 0 0; font-size: 0.86rem; color: var(--quiet); }
  .zoom button { margin-left: 0.35rem; padding: 0.1rem 0.55rem; border: 1px solid var(--grid); border-radius: 0.3rem;
                 background: none; color: inherit; font: inherit; cursor: pointer; }
  #plot { margin-top: 0.4rem; width: 100%; }
  @media (max-width: 40rem) {
    main { padding: 1rem 0.8rem 2rem; }
    h1 { font-size: 1.25rem; }
  }
"""
