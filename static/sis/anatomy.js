/* Steps through the positives of a ranking. Without this script the buttons are links that do the
   same by loading the page again, and the table says everything. */
"use strict";

(() => {
  const section = document.querySelector("[data-anatomy]");
  const rows = section ? [...section.querySelectorAll("[data-step]")] : [];
  if (!rows.length) return;
  const areas = [...section.querySelectorAll("[data-step-area]")];
  const words = section.querySelector("[data-step-words]");
  const previous = section.querySelector("[data-step-previous]");
  const next = section.querySelector("[data-step-next]");
  const box = section.querySelector(".steps-box");
  let current = rows.findIndex((row) => row.classList.contains("is-current"));

  function mark(element, chosen) {
    element.classList.toggle("is-current", chosen);
  }

  function address(step) {
    const url = new URL(window.location.href);
    url.searchParams.set("step", step);
    url.hash = "";
    return url.href;
  }

  function show(index) {
    current = index;
    rows.forEach((row, at) => {
      mark(row, at === index);
      if (at === index) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
    });
    areas.forEach((area, at) => mark(area, at === index));
    const link = rows[index].querySelector("a").hash;
    for (const card of document.querySelectorAll(".place")) mark(card, `#${card.id}` === link);
    words.textContent = rows[index].dataset.words;
    // Scroll the table alone: the page stays where it is.
    const row = rows[index];
    box.scrollTop = row.offsetTop - (box.clientHeight - row.offsetHeight) / 2;
    const focused = document.activeElement;
    previous.hidden = index === 0;
    next.hidden = index === rows.length - 1;
    if (focused && focused.hidden) (focused === next ? previous : next).focus();
    window.history.replaceState(null, "", address(index + 1));
  }

  function step(by) {
    const wanted = current + by;
    if (wanted >= 0 && wanted < rows.length) show(wanted);
  }

  previous.addEventListener("click", (event) => {
    event.preventDefault();
    step(-1);
  });
  next.addEventListener("click", (event) => {
    event.preventDefault();
    step(1);
  });
  section.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    // The table scrolls sideways with these keys.
    if (!by || event.ctrlKey || event.altKey || event.metaKey || event.target === box) return;
    event.preventDefault();
    step(by);
  });

  section.querySelector("[data-step-hint]").hidden = false;
})();
