/* The page of a proof: a chosen line brings both of its places close, and what was searched with is
   laid over the picture found. Without this script the drawings say the same from afar. */
"use strict";

(() => {
  const proof = document.querySelector("[data-proof]");
  if (!proof) return;
  const back = proof.querySelector("[data-proof-back]");
  // Times as large as before.
  const CLOSE = 5;

  function centred(svg, circle) {
    // From the drawing's plane to the pixels of the picture that the inner drawing shows.
    const [, , width, height] = svg.dataset.whole.split(" ").map(Number);
    const x = ((circle.cx.baseVal.value - svg.x.baseVal.value) / svg.width.baseVal.value) * width;
    const y = ((circle.cy.baseVal.value - svg.y.baseVal.value) / svg.height.baseVal.value) * height;
    const [wide, high] = [width / CLOSE, height / CLOSE];
    svg.setAttribute("viewBox", `${x - wide / 2} ${y - high / 2} ${wide} ${high}`);
    const mark = document.createElementNS(svg.namespaceURI, "circle");
    mark.setAttribute("class", "proof-mark");
    mark.setAttribute("cx", x);
    mark.setAttribute("cy", y);
    mark.setAttribute("r", Math.min(wide, high) / 20);
    svg.append(mark);
  }

  function close(line) {
    const plane = line.ownerSVGElement;
    const [start, end] = line.querySelectorAll("circle");
    show(plane, line.dataset.line);
    centred(plane.querySelector(".proof-query"), start);
    centred(plane.querySelector(".proof-hit"), end);
  }

  function show(plane, chosen) {
    plane.classList.toggle("is-close", chosen !== null);
    for (const line of plane.querySelectorAll(".proof-line")) {
      line.classList.toggle("is-chosen", line.dataset.line === chosen);
    }
    for (const inner of plane.querySelectorAll("svg")) {
      inner.setAttribute("viewBox", inner.dataset.whole);
      inner.querySelector(".proof-mark")?.remove();
    }
    back.hidden = !proof.querySelector(".is-close");
  }

  const planes = [...proof.querySelectorAll("figure > svg")];
  for (const plane of planes) {
    for (const inner of plane.querySelectorAll("svg")) inner.dataset.whole = inner.getAttribute("viewBox");
    for (const line of plane.querySelectorAll(".proof-line")) {
      line.tabIndex = 0;
      line.setAttribute("role", "button");
      line.addEventListener("click", () => close(line));
      line.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          close(line);
        }
      });
    }
  }
  proof.querySelector("[data-proof-hint]").hidden = false;
  back.addEventListener("click", () => planes.forEach((plane) => show(plane, null)));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") planes.forEach((plane) => show(plane, null));
  });
})();

(() => {
  const section = document.querySelector("[data-overlay]");
  if (!section) return;
  const stage = section.querySelector("[data-overlay-stage]");
  const query = section.querySelector("[data-overlay-query]");
  const number = (name) => Number(section.dataset[name]);
  const numbers = (name) => section.dataset[name].trim().split(/\s+/).map(Number);

  function lay() {
    const scale = stage.clientWidth / number("hitWidth");
    const [a, b, c, d, e, f, g, h, i] = numbers("matrix");
    query.style.width = `${number("queryWidth")}px`;
    query.style.height = `${number("queryHeight")}px`;
    query.style.transform =
      `scale(${scale}) matrix3d(${[a, d, 0, g, b, e, 0, h, 0, 0, 1, 0, c, f, 0, i].join(",")})`;
    if (section.dataset.part) {
      const [x1, y1, x2, y2] = numbers("part");
      query.style.clipPath =
        `inset(${y1}px ${number("queryWidth") - x2}px ${number("queryHeight") - y2}px ${x1}px)`;
    }
  }

  function press(button, pressed) {
    button.setAttribute("aria-pressed", String(pressed));
    return pressed;
  }

  const shown = section.querySelector("[data-overlay-show]");
  const blink = section.querySelector("[data-overlay-blink]");
  shown.addEventListener("click", () => {
    const on = press(shown, shown.getAttribute("aria-pressed") !== "true");
    query.classList.toggle("is-shown", on);
    query.classList.remove("is-blinking");
    press(blink, false);
  });
  blink.addEventListener("click", () => {
    const on = press(blink, blink.getAttribute("aria-pressed") !== "true");
    query.classList.toggle("is-blinking", on);
    query.classList.remove("is-shown");
    press(shown, false);
  });
  section.hidden = false;
  lay();
  new ResizeObserver(lay).observe(stage);
})();
