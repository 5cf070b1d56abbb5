/* Adding pictures with more comfort: files, folders, drop and paste; a bar for each file; what came
   of it beside its name. Without this script the form sends all files at once. */
"use strict";

(() => {
  const form = document.querySelector("[data-adding]");
  if (!form) return;
  const picker = form.querySelector("#pictures");
  const folder = form.querySelector("#folder");
  const list = form.querySelector("[data-files]");
  const summary = form.querySelector("[data-summary]");
  const words = form.dataset;
  // The server looks at a collection once for each request: not one request for each file.
  const MOST_FILES = 20;
  const MOST_BYTES = 16 * 1024 * 1024;
  const waiting = [];
  const counts = { total: 0, done: 0, refused: 0 };
  let sending = false;

  form.querySelector("[data-folder]").hidden = !("webkitdirectory" in folder);
  form.querySelector("[data-drop-hint]").hidden = false;

  function add(file, path) {
    const row = document.createElement("li");
    const name = document.createElement("span");
    const bar = document.createElement("progress");
    const state = document.createElement("span");
    name.textContent = path;
    bar.max = Math.max(1, file.size);
    bar.value = 0;
    bar.setAttribute("aria-label", path);
    state.className = "adding-state";
    row.append(name, bar, state);
    list.append(row);
    counts.total += 1;
    const item = { file, path, row, bar, state };
    if (file.size > Number(words.maxBytes)) end(item, words.tooLarge);
    else {
      state.textContent = words.waits;
      waiting.push(item);
    }
  }

  function end(item, reason, good = "") {
    item.bar.value = item.bar.max;
    item.state.textContent = reason || good;
    item.row.classList.add(reason ? "is-refused" : "is-added");
    counts.done += 1;
    counts.refused += reason ? 1 : 0;
    tell();
  }

  function tell() {
    form.querySelector("[data-progress]").hidden = false;
    summary.textContent = summary.dataset.words
      .replace("{done}", counts.done)
      .replace("{total}", counts.total)
      .replace("{refused}", counts.refused);
    const ready = counts.done === counts.total && counts.done > counts.refused;
    form.querySelector("[data-ready]").hidden = !ready;
  }

  function batch() {
    const taken = [];
    let bytes = 0;
    while (waiting.length && taken.length < MOST_FILES) {
      bytes += waiting[0].file.size;
      if (taken.length && bytes > MOST_BYTES) break;
      taken.push(waiting.shift());
    }
    return taken;
  }

  function send(items) {
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    for (const { file, path } of items) {
      body.append("paths", path);
      body.append("pictures", file, file.name);
    }
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        // Files go one after the other: what is sent fills their bars in turn.
        let left = event.loaded;
        for (const { bar } of items) {
          bar.value = Math.min(bar.max, left);
          left = Math.max(0, left - bar.max);
        }
      });
      request.addEventListener("loadend", () => resolve(request.status ? request.response : null));
      request.send(body);
    });
  }

  async function work() {
    if (sending) return;
    sending = true;
    while (waiting.length) {
      const items = batch();
      const answer = await send(items);
      const problem = answer ? (answer.problem ?? words.failed) : words.failed;
      const good = answer?.unchanged === items.length ? words.there : words.sent;
      items.forEach((item, place) => end(item, answer?.reasons?.[place] || problem, good));
    }
    sending = false;
  }

  function take(files) {
    for (const file of files) {
      // Below the folder that was chosen, as an import names pictures.
      const inner = file.webkitRelativePath.split("/").slice(1).join("/");
      add(file, inner || file.name);
    }
    tell();
    work();
  }

  function filesBelow(entry, path) {
    return new Promise((resolve) => {
      if (entry.isFile) {
        entry.file((file) => resolve([[file, path + file.name]]), () => resolve([]));
        return;
      }
      const reader = entry.createReader();
      const found = [];
      const more = () => {
        reader.readEntries(async (entries) => {
          if (!entries.length) {
            resolve(found);
            return;
          }
          for (const one of entries) {
            found.push(...(await filesBelow(one, one.isFile ? path : `${path}${one.name}/`)));
          }
          more();
        }, () => resolve(found));
      };
      more();
    });
  }

  for (const input of [picker, folder]) {
    input.addEventListener("change", () => {
      take(Array.from(input.files));
      input.value = "";
    });
  }
  picker.required = false;
  form.querySelector("button[type=submit]").hidden = true;
  form.addEventListener("submit", (event) => event.preventDefault());

  for (const type of ["dragenter", "dragover"]) {
    form.addEventListener(type, (event) => {
      event.preventDefault();
      form.classList.add("is-over-form");
    });
  }
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) form.classList.remove("is-over-form");
  });
  form.addEventListener("drop", async (event) => {
    event.preventDefault();
    form.classList.remove("is-over-form");
    const items = Array.from(event.dataTransfer.items ?? []);
    const entries = items.map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.some((entry) => entry.isDirectory)) {
      take(Array.from(event.dataTransfer.files));
      return;
    }
    for (const entry of entries) {
      for (const [file, path] of await filesBelow(entry, "")) add(file, path);
    }
    tell();
    work();
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) take(Array.from(event.clipboardData.files));
  });
  window.addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });
})();
