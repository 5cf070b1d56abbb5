/* A search starts as soon as a picture is there: chosen in a dialog, dropped anywhere on a page or
   pasted. The start page has a form for it, which works without this script, too; every other page
   has one in its head. */
"use strict";

(() => {
  const form = document.querySelector("[data-ask]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const problem = form.querySelector("[data-ask-problem]");
  const status = form.querySelector("[data-ask-status]");
  const button = form.querySelector("[data-submit]");
  const preview = form.querySelector("[data-preview]");
  const zone = form.querySelector("[data-drop-zone]");
  const label = button?.textContent;
  let address = "";
  // A picture of the page itself, dragged a little by mistake, is not a question.
  let isOwnDrag = false;

  form.hidden = false;
  form.querySelector("[data-drop-hint]")?.removeAttribute("hidden");

  function complaint(file) {
    if (file.size > Number(form.dataset.maxBytes)) return form.dataset.tooLarge;
    // An unknown type is left to the server, which looks at the bytes.
    if (file.type && !file.type.startsWith("image/")) return form.dataset.notAPicture;
    return "";
  }

  function isGood(files) {
    const text = files.map(complaint).find(Boolean) ?? "";
    problem.textContent = text;
    problem.hidden = !text;
    form.querySelector("#picture-errors")?.remove();
    zone?.classList.toggle("has-error", Boolean(text));
    input.toggleAttribute("aria-invalid", Boolean(text));
    return !text;
  }

  // Shown only once it is known that the browser can decode it (TIFF often cannot be).
  preview?.addEventListener("load", () => {
    preview.hidden = false;
    zone.querySelector(".drop-icon").toggleAttribute("hidden", true);
  });

  function show(file) {
    if (!preview) return;
    if (address) URL.revokeObjectURL(address);
    address = file ? URL.createObjectURL(file) : "";
    preview.hidden = true;
    zone.querySelector(".drop-icon").toggleAttribute("hidden", false);
    if (address) preview.src = address;
  }

  function ask() {
    const files = Array.from(input.files);
    if (!files.length) return;
    const good = isGood(files);
    show(good ? files[0] : null);
    if (good) form.requestSubmit();
  }

  function take(files) {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    input.files = transfer.files;
    ask();
  }

  input.addEventListener("change", ask);

  // Where a page has a place of its own for files, that takes what falls there.
  const isElsewhere = (event) => event.target.closest?.("[data-takes-files]");
  const hasFiles = (event) => !isOwnDrag && event.dataTransfer?.types.includes("Files");

  document.addEventListener("dragstart", () => {
    isOwnDrag = true;
  });
  document.addEventListener("dragend", () => {
    isOwnDrag = false;
  });
  for (const type of ["dragenter", "dragover"]) {
    document.addEventListener(type, (event) => {
      if (!hasFiles(event) || isElsewhere(event)) return;
      event.preventDefault();
      document.documentElement.classList.add("is-over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.documentElement.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    document.documentElement.classList.remove("is-over");
    if (isOwnDrag || isElsewhere(event) || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length || document.querySelector("[data-takes-files]")) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });

  form.addEventListener("submit", (event) => {
    if (form.classList.contains("is-busy") || !isGood(Array.from(input.files))) {
      event.preventDefault();
      return;
    }
    form.classList.add("is-busy");
    say(form.dataset.busy);
    if (button) button.disabled = true;
    watchPlace();
  });

  function say(text) {
    status.textContent = text;
    if (button) button.textContent = text;
  }

  // Where many search at once an upload waits for its turn; who sent it sees how many are before.
  function watchPlace() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const ticket = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
      .join("")
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    let field = form.elements.ticket;
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = "ticket";
      form.append(field);
    }
    field.value = ticket;
    const timer = setInterval(async () => {
      if (!form.classList.contains("is-busy")) {
        clearInterval(timer);
        return;
      }
      try {
        const answer = await fetch(`${form.dataset.turn}${ticket}/`);
        if (answer.ok && form.classList.contains("is-busy")) {
          say((await answer.json()).told || form.dataset.busy);
        }
      } catch {
        // The page is being left.
      }
    }, 1000);
  }

  // Coming back with the browser's "back" restores the page as it was left: busy.
  window.addEventListener("pageshow", () => {
    form.classList.remove("is-busy");
    status.textContent = "";
    if (button) {
      button.disabled = false;
      button.textContent = label;
    }
  });
})();
