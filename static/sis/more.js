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
    // What asked by itself leaves the page as it is; its link stays there to be followed.
    if (link instanceof HTMLAnchorElement && link.rel === "next") window.location.assign(link.href);
  });
}
