/* The last searches of this browser, on its start page. They are kept in the browser alone: the
   server knows nothing of who searched for what. */
"use strict";

(() => {
  const KEY = "sis.recent";
  const MOST = 12;

  function read() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return []; // storage is switched off, or holds something else
    }
  }

  function write(entries) {
    try {
      localStorage.setItem(KEY, JSON.stringify(entries.slice(0, MOST)));
    } catch {
      // Without storage there is nothing to remember.
    }
  }

  const asked = document.querySelector("[data-recent]");
  if (asked) {
    const { recent: picture, recentUntil: until } = asked.dataset;
    const address = location.pathname + location.search;
    const others = read().filter((entry) => entry.picture !== picture);
    write([{ address, picture, until }, ...others]);
  }

  const section = document.querySelector("[data-recent-section]");
  if (!section) return;
  const list = section.querySelector("ul");
  const template = section.querySelector("template");

  function show() {
    const today = new Date().toISOString().slice(0, 10);
    const entries = read().filter(({ until }) => until >= today);
    write(entries);
    section.hidden = !entries.length;
    list.replaceChildren(...entries.map(card));
  }

  function card(entry) {
    const item = template.content.cloneNode(true);
    const link = item.querySelector("a");
    const image = item.querySelector("img");
    link.href = entry.address;
    image.src = entry.picture;
    // It was deleted meanwhile, here or by somebody else.
    image.addEventListener("error", () => forget(entry));
    item.querySelector("button").addEventListener("click", () => forget(entry));
    return item;
  }

  function forget(entry) {
    write(read().filter(({ picture }) => picture !== entry.picture));
    show();
  }

  section.querySelector("[data-forget-all]").addEventListener("click", () => {
    write([]);
    show();
  });
  // A page that comes back from the browser's memory has missed what was searched for since.
  window.addEventListener("pageshow", show);
  show();
})();
