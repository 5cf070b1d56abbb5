/* The viewer: the query and a hit side by side, zoomed and moved together, through the ranking by
   keys. Without this script a hit's picture leads to its page, as with Ctrl and a click it still
   does. */
"use strict";

(() => {
  const dialog = document.querySelector("[data-viewer]");
  if (!dialog) return;
  const panes = Array.from(dialog.querySelectorAll("[data-pane]"));
  const picture = dialog.querySelector("[data-viewer-hit]");
  const facts = dialog.querySelector("[data-viewer-facts]");
  const title = dialog.querySelector("[data-viewer-title]");
  const open = dialog.querySelector("[data-viewer-open]");
  const help = dialog.querySelector("[data-viewer-help]");
  // A part of the hit is drawn by crop.js, while its form is open.
  const part = dialog.querySelector("[data-crop-details]");
  const layer = dialog.querySelector("[data-crop-layer]");
  const marks = { like: "[data-viewer-like]", unlike: "[data-viewer-unlike]" };
  const MOST_ZOOM = 8;
  // Both panes show the same place: how large, and what share of the picture is in the middle.
  let view = { zoom: 1, x: 0.5, y: 0.5 };
  let card = null;

  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
  const cards = () => Array.from(document.querySelectorAll("#ranking ol.hits > li"));
  const box = (name) => card.querySelector(`input[name=${name}]`);

  function apply() {
    const half = 0.5 / view.zoom;
    view.x = clamp(view.x, half, 1 - half);
    view.y = clamp(view.y, half, 1 - half);
    for (const pane of panes) {
      const frame = pane.querySelector("[data-viewer-frame]");
      const { offsetWidth: wide, offsetHeight: high } = frame;
      const dx = (0.5 - view.x) * wide * view.zoom;
      const dy = (0.5 - view.y) * high * view.zoom;
      frame.style.transform = `translate(${dx}px, ${dy}px) scale(${view.zoom})`;
    }
  }

  function zoom(factor) {
    view.zoom = clamp(view.zoom * factor, 1, MOST_ZOOM);
    apply();
  }

  function show(chosen) {
    card = chosen;
    const link = card.querySelector(".card-link");
    view = { zoom: 1, x: 0.5, y: 0.5 };
    picture.src = card.querySelector(".card-picture img").src.replace(/\/(card|medium)\//, "/large/");
    picture.alt = link.querySelector(".card-name").textContent.trim();
    title.textContent = `${card.value}. ${picture.alt}`;
    const copy = card.querySelector(".card-facts").cloneNode(true);
    copy.querySelector(".rank")?.remove();
    facts.replaceChildren(copy);
    open.href = link.href;
    layer.setAttribute("viewBox", `0 0 ${card.dataset.width} ${card.dataset.height}`);
    dialog.querySelector("[data-crop-form]").action = card.dataset.part;
    dialog.dispatchEvent(new Event("crop:picture"));
    tell();
    apply();
  }

  function tell() {
    for (const [name, selector] of Object.entries(marks)) {
      dialog.querySelector(selector).setAttribute("aria-pressed", String(box(name).checked));
    }
  }

  function mark(name) {
    box(name).click();
    const other = box(name === "like" ? "unlike" : "like");
    if (box(name).checked && other.checked) other.click();
    tell();
  }

  function step(by) {
    const all = cards();
    const next = all[all.indexOf(card) + by];
    if (next) show(next);
    else if (by > 0) document.querySelector("#ranking .more a[rel=next]")?.click();
  }

  // Hits that "show more" has brought: the viewer goes on where it stood.
  document.addEventListener("htmx:load", (event) => {
    if (dialog.open && event.detail.elt.matches?.("ol.hits")) step(1);
  });

  // On the document: a ranking that geometry has checked takes the place of the first one.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#ranking .card-picture")?.closest(".card-link");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    help.hidden = true;
    dialog.showModal();
    // Not on the first button, which Enter would press.
    title.focus();
    show(link.closest("li"));
  });

  dialog.addEventListener("close", () => {
    const link = card?.querySelector(".card-link");
    link?.scrollIntoView({ block: "center" });
    link?.focus({ preventScroll: true });
  });

  // A box is drawn on the whole picture, and while it is, keys are its own.
  part.addEventListener("toggle", () => {
    if (part.open) zoom(0);
    (part.open ? layer : title).focus();
  });

  const KEYS = {
    b: () => {
      part.open = !part.open;
    },
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    Enter: () => open.click(),
    l: () => mark("like"),
    n: () => mark("unlike"),
    "+": () => zoom(1.5),
    "-": () => zoom(1 / 1.5),
    0: () => zoom(0),
    "?": () => {
      help.hidden = !help.hidden;
    },
  };
  dialog.addEventListener("keydown", (event) => {
    // What is typed into a field, or moves the box, is not for the viewer.
    if (event.defaultPrevented || event.target.matches("input")) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    // A button that has the focus is pressed by Enter, as everywhere.
    if (event.key === "Enter" && event.target.closest("a, button")) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  const BUTTONS = {
    "[data-viewer-previous]": () => step(-1),
    "[data-viewer-next]": () => step(1),
    "[data-viewer-like]": () => mark("like"),
    "[data-viewer-unlike]": () => mark("unlike"),
    "[data-viewer-keys]": KEYS["?"],
    "[data-viewer-close]": () => dialog.close(),
  };
  for (const [selector, act] of Object.entries(BUTTONS)) {
    dialog.querySelector(selector).addEventListener("click", act);
  }

  for (const pane of panes) {
    const frame = pane.querySelector("[data-viewer-frame]");
    pane.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (part.open) return;
      zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2);
    }, { passive: false });
    pane.addEventListener("dblclick", () => {
      if (!part.open) zoom(view.zoom > 1 ? 0 : 3);
    });
    let from = null;
    pane.addEventListener("pointerdown", (event) => {
      if (part.open) return;
      event.preventDefault();
      pane.setPointerCapture(event.pointerId);
      from = { left: event.clientX, top: event.clientY, ...view };
    });
    pane.addEventListener("pointermove", (event) => {
      if (!from) return;
      view.x = from.x - (event.clientX - from.left) / (frame.offsetWidth * view.zoom);
      view.y = from.y - (event.clientY - from.top) / (frame.offsetHeight * view.zoom);
      apply();
    });
    for (const type of ["pointerup", "pointercancel"]) {
      pane.addEventListener(type, () => {
        from = null;
      });
    }
    pane.querySelector("img").addEventListener("load", apply);
  }
  window.addEventListener("resize", apply);
})();
