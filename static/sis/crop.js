/* Marks a part of the query picture: by dragging, or with the arrow keys. It only fills the four
   number fields of the form, which work without it. */
"use strict";

(() => {
  const layer = document.querySelector("[data-crop-layer]");
  const form = document.querySelector("[data-crop-form]");
  if (!layer || !form) return;
  const details = document.querySelector("[data-crop-details]");
  const { width, height } = layer.viewBox.baseVal;
  const inputs = ["x1", "y1", "x2", "y2"].map((name) => form.elements.namedItem(name));
  // A shorter drag is taken for a click.
  const MIN_SIDE = 4;
  let start = null;
  let shape = layer.querySelector(".crop-box");

  const clamp = (value, limit) => Math.min(Math.max(value, 0), limit);
  const read = () => inputs.map((input) => Number(input.value));

  function draw([x1, y1, x2, y2]) {
    if (!shape) {
      shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
      shape.setAttribute("class", "crop-box");
      layer.append(shape);
    }
    // A hole in a shade that is larger than any picture.
    shape.setAttribute("d", `M-9,-9H99999V99999H-9Z M${x1},${y1}H${x2}V${y2}H${x1}Z`);
  }

  function mark(box) {
    box.map(Math.round).forEach((side, index) => {
      inputs[index].value = side;
    });
    draw(read());
  }

  function point(event) {
    const frame = layer.getBoundingClientRect();
    return [
      clamp(((event.clientX - frame.left) / frame.width) * width, width),
      clamp(((event.clientY - frame.top) / frame.height) * height, height),
    ];
  }

  const between = ([ax, ay], [bx, by]) => [
    Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by),
  ];

  layer.addEventListener("pointerdown", (event) => {
    // A finger scrolls the page unless the form is open.
    if (event.button !== 0 || (event.pointerType === "touch" && !details.open)) return;
    event.preventDefault();
    layer.focus({ preventScroll: true });
    layer.setPointerCapture(event.pointerId);
    start = point(event);
  });
  layer.addEventListener("pointermove", (event) => {
    if (!start) return;
    const box = between(start, point(event));
    if (box[2] - box[0] >= MIN_SIDE && box[3] - box[1] >= MIN_SIDE) {
      details.open = true;
      mark(box);
    }
  });
  for (const type of ["pointerup", "pointercancel"]) {
    layer.addEventListener(type, () => {
      start = null;
    });
  }

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  layer.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    details.open = true;
    const size = Math.max(1, Math.round(Math.max(width, height) / 50));
    const dx = step[0] * size;
    const dy = step[1] * size;
    let [x1, y1, x2, y2] = read();
    if (event.shiftKey) {
      x2 = clamp(Math.max(x2 + dx, x1 + MIN_SIDE), width);
      y2 = clamp(Math.max(y2 + dy, y1 + MIN_SIDE), height);
    } else {
      const mx = Math.min(Math.max(dx, -x1), width - x2);
      const my = Math.min(Math.max(dy, -y1), height - y2);
      [x1, y1, x2, y2] = [x1 + mx, y1 + my, x2 + mx, y2 + my];
    }
    mark([x1, y1, x2, y2]);
  });

  for (const input of inputs) input.addEventListener("input", () => draw(read()));
  details.addEventListener("toggle", () => {
    layer.classList.toggle("is-drawing", details.open);
  });

  layer.classList.add("can-draw");
  layer.classList.toggle("is-drawing", details.open);
  layer.setAttribute("tabindex", "0");
  layer.setAttribute("role", "application");
  form.querySelector("[data-crop-hint]").hidden = false;
})();
