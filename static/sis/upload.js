/* The upload form with more comfort: drop, paste, preview, a size check before sending, and a
   busy state. Without this script the form works as a plain one. */
"use strict";

(() => {
  const form = document.querySelector("[data-upload]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const zone = form.querySelector("[data-drop-zone]");
  const preview = form.querySelector("[data-preview]");
  const icon = zone.querySelector(".drop-icon");
  const problem = form.querySelector("[data-client-error]");
  const button = form.querySelector("[data-submit]");
  const status = form.querySelector("[data-status]");
  const label = button.textContent;
  let address = "";

  form.querySelector("[data-drop-hint]").hidden = false;

  function complaint(file) {
    if (file.size > Number(form.dataset.maxBytes)) return form.dataset.tooLarge;
    // An unknown type is left to the server, which looks at the bytes.
    if (file.type && !file.type.startsWith("image/")) return form.dataset.notAPicture;
    return "";
  }

  function show(file) {
    const text = file ? complaint(file) : "";
    problem.textContent = text;
    problem.hidden = !text;
    form.querySelector("#picture-errors")?.remove();
    zone.classList.toggle("has-error", Boolean(text));
    input.toggleAttribute("aria-invalid", Boolean(text));
    if (address) URL.revokeObjectURL(address);
    address = file && !text ? URL.createObjectURL(file) : "";
    preview.hidden = true;
    icon.toggleAttribute("hidden", false);
    if (address) preview.src = address;
    return !text;
  }

  // Shown only once it is known that the browser can decode it (TIFF often cannot be).
  preview.addEventListener("load", () => {
    preview.hidden = false;
    icon.toggleAttribute("hidden", true);
  });

  function take(files) {
    const file = Array.from(files).find((item) => item instanceof File);
    if (!file) return;
    const transfer = new DataTransfer();
    transfer.items.add(file);
    input.files = transfer.files;
    if (show(file)) button.focus();
  }

  input.addEventListener("change", () => show(input.files[0]));

  for (const type of ["dragenter", "dragover"]) {
    zone.addEventListener(type, (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
  }
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) zone.classList.remove("is-over");
  });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) {
      event.preventDefault();
      take(event.clipboardData.files);
    }
  });

  form.addEventListener("submit", (event) => {
    const file = input.files[0];
    if (button.disabled || (file && !show(file))) {
      event.preventDefault();
      return;
    }
    button.disabled = true;
    button.textContent = form.dataset.busy;
    status.textContent = form.dataset.busy;
  });

  // Coming back with the browser's "back" restores the page as it was left: busy.
  window.addEventListener("pageshow", () => {
    button.disabled = false;
    button.textContent = label;
    status.textContent = "";
  });
})();
