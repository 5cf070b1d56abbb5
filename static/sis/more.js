/* After "show more" has added results: go on reading there. Without this script, and where a
   request fails, the control is a plain link to the next page. */
"use strict";

document.addEventListener("htmx:load", (event) => {
  const added = event.detail.elt;
  if (added instanceof Element && added.matches("ol.hits")) {
    added.querySelector("a")?.focus({ preventScroll: true });
  }
});

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => {
    const link = event.detail.elt;
    if (link instanceof HTMLAnchorElement) window.location.assign(link.href);
  });
}
