/* Marks a part of a picture: a box that is drawn, moved and resized by mouse, finger or keys. It
   only fills the four number fields of the form, which work without it. Where another picture takes
   the place, as in the viewer, `crop:picture` on the root begins anew. */
"use strict";

for (const root of document.querySelectorAll("[data-crop]")) {
  const layer = root.querySelector("[data-crop-layer]");
  const form = root.querySelector("[data-crop-form]");
  const details = root.querySelector("[data-crop-details]");
  const search = root.querySelector("[data-crop-search]");
  const frame = layer.parentElement;
  let { width, height } = layer.viewBox.baseVal;
  const inputs = ["x1", "y1", "x2", "y2"].map((name) => form.elements.namedItem(name));
  // A shorter drag is taken for a click, and no side becomes shorter.
  const shortest = () => Math.max(4, Math.round(Math.min(width, height) / 50));
  // Between the box and its button, in pixels of the screen: a handle lies there.
  const GAP = 14;
  const EDGES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
  let shape = layer.querySelector(".crop-box");
  let box = shape ? read() : null;
  let drag = null;

  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

  function read() {
    return inputs.map((input) => Number(input.value));
  }

  const handles = EDGES.map((edge) => {
    const handle = document.createElement("span");
    handle.className = "crop-handle";
    handle.dataset.edge = edge;
    handle.hidden = true;
    frame.append(handle);
    return handle;
  });

  function place(element, x, y) {
    element.style.left = `${(x / width) * 100}%`;
    element.style.top = `${(y / height) * 100}%`;
  }

  function draw() {
    const shown = Boolean(box) && details.open;
    for (const handle of handles) handle.hidden = !shown;
    search.hidden = !shown;
    if (!box) return;
    const [x1, y1, x2, y2] = box;
    if (!shape) {
      shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
      shape.setAttribute("class", "crop-box");
      layer.append(shape);
    }
    // A hole in a shade that is larger than any picture.
    shape.setAttribute("d", `M-9,-9H99999V99999H-9Z M${x1},${y1}H${x2}V${y2}H${x1}Z`);
    const across = { w: x1, e: x2 };
    const down = { n: y1, s: y2 };
    for (const handle of handles) {
      const edge = handle.dataset.edge;
      const x = across[edge.at(-1)] ?? (x1 + x2) / 2;
      place(handle, x, down[edge[0]] ?? (y1 + y2) / 2);
    }
    if (shown) placeSearch(box);
  }

  // Below the box where there is room, else above it, else within: never over a handle of it, if
  // the picture is large enough, and never beside the picture.
  function placeSearch([x1, y1, x2, y2]) {
    const { width: wide, height: high } = frame.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = search;
    const middle = ((x1 + x2) / 2 / width) * wide - offsetWidth / 2;
    const [top, bottom] = [y1, y2].map((y) => (y / height) * high);
    const within = (top + bottom - offsetHeight) / 2;
    const places = [bottom + GAP, top - GAP - offsetHeight, within];
    const fits = (y) => y >= 0 && y + offsetHeight <= high;
    search.style.left = `${clamp(middle, 0, Math.max(0, wide - offsetWidth))}px`;
    search.style.top = `${places.find(fits) ?? 0}px`;
  }

  function mark(sides) {
    const [x1, y1, x2, y2] = sides.map(Math.round);
    box = [x1, y1, x2, y2];
    box.forEach((side, index) => {
      inputs[index].value = side;
    });
    draw();
  }

  function point(event) {
    const seen = layer.getBoundingClientRect();
    return [
      clamp(((event.clientX - seen.left) / seen.width) * width, 0, width),
      clamp(((event.clientY - seen.top) / seen.height) * height, 0, height),
    ];
  }

  const between = ([ax, ay], [bx, by]) => [
    Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by),
  ];
  const holds = ([x1, y1, x2, y2], [x, y]) => x > x1 && x < x2 && y > y1 && y < y2;

  function moved([x1, y1, x2, y2], dx, dy) {
    const mx = clamp(dx, -x1, width - x2);
    const my = clamp(dy, -y1, height - y2);
    return [x1 + mx, y1 + my, x2 + mx, y2 + my];
  }

  function resized([x1, y1, x2, y2], edge, [x, y]) {
    const least = shortest();
    if (edge.includes("w")) x1 = clamp(x, 0, x2 - least);
    if (edge.includes("e")) x2 = clamp(x, x1 + least, width);
    if (edge.includes("n")) y1 = clamp(y, 0, y2 - least);
    if (edge.includes("s")) y2 = clamp(y, y1 + least, height);
    return [x1, y1, x2, y2];
  }

  function start(event, edge) {
    // A finger scrolls the page unless the form is open.
    if (event.button !== 0 || (event.pointerType === "touch" && !details.open)) return;
    event.preventDefault();
    layer.focus({ preventScroll: true });
    layer.setPointerCapture(event.pointerId);
    const at = point(event);
    const grabbed = details.open && box && holds(box, at);
    drag = { at, edge, box, kind: edge ? "resize" : grabbed ? "move" : "draw" };
  }

  layer.addEventListener("pointerdown", (event) => start(event, ""));
  for (const handle of handles) {
    handle.addEventListener("pointerdown", (event) => start(event, handle.dataset.edge));
  }
  layer.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const to = point(event);
    if (drag.kind === "resize") mark(resized(drag.box, drag.edge, to));
    else if (drag.kind === "move") {
      mark(moved(drag.box, to[0] - drag.at[0], to[1] - drag.at[1]));
    } else {
      const drawn = between(drag.at, to);
      if (drawn[2] - drawn[0] < shortest() || drawn[3] - drawn[1] < shortest()) return;
      details.open = true;
      mark(drawn);
    }
  });
  for (const type of ["pointerup", "pointercancel"]) {
    layer.addEventListener(type, () => {
      drag = null;
    });
  }

  function middle() {
    return [width * 0.2, height * 0.2, width * 0.8, height * 0.8];
  }

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  layer.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && box && details.open) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "Escape" && details.open) {
      event.preventDefault();
      details.open = false;
    } else if (event.key in STEPS) {
      event.preventDefault();
      details.open = true;
      const size = Math.max(1, Math.round(Math.max(width, height) / 50));
      const [dx, dy] = STEPS[event.key].map((step) => step * size);
      const from = box ?? middle();
      const corner = [from[2] + dx, from[3] + dy];
      mark(event.shiftKey ? resized(from, "se", corner) : moved(from, dx, dy));
    }
  });

  for (const input of inputs) {
    input.addEventListener("input", () => {
      box = read();
      draw();
    });
  }
  details.addEventListener("toggle", () => {
    layer.classList.toggle("is-drawing", details.open);
    if (details.open && !box) mark(middle());
    draw();
  });
  search.addEventListener("click", () => form.requestSubmit());
  window.addEventListener("resize", draw);
  root.addEventListener("crop:picture", () => {
    ({ width, height } = layer.viewBox.baseVal);
    box = null;
    shape?.remove();
    shape = null;
    details.open = false;
    draw();
  });

  layer.classList.add("can-draw");
  layer.classList.toggle("is-drawing", details.open);
  layer.setAttribute("tabindex", "0");
  layer.setAttribute("role", "application");
  form.querySelector("[data-crop-hint]").hidden = false;
  draw();
}
