/* Tables that are shown whole are sorted where they stand, by buttons that this puts into their
   heads. Without it they stay in the order in which they came, which is a sensible one. */
"use strict";

(() => {
  // The reader's decimal sign; the other one groups digits.
  const decimal = (1.5).toLocaleString(document.documentElement.lang).charAt(1);
  const grouping = decimal === "," ? /\./g : /,/g;

  // The cell in a column, also where one before it spans several.
  function cell(row, column) {
    let at = 0;
    for (const one of row.cells) {
      at += one.colSpan;
      if (at > column) return one;
    }
    return null;
  }

  function number(text) {
    const found = text.replace(/−/g, "-").match(/[-+]?\d[\d.,]*/);
    return found ? Number.parseFloat(found[0].replace(grouping, "").replace(decimal, ".")) : NaN;
  }

  function sort(table, head, column) {
    const descending = head.ariaSort === "ascending"
      || (!head.ariaSort && head.classList.contains("number"));
    const isNumber = head.classList.contains("number");
    const body = table.tBodies[0];
    const value = (row) => {
      const text = cell(row, column)?.textContent.trim() ?? "";
      return isNumber ? number(text) : text;
    };
    const lacks = (one) => one === "" || Number.isNaN(one);
    const before = (one, other) => (isNumber
      ? one - other
      : one.localeCompare(other, document.documentElement.lang, { numeric: true }));
    const rows = Array.from(body.rows, (row) => [value(row), row]);
    rows.sort(([one], [other]) => {
      // What has no value stands last, whichever way.
      if (lacks(one) || lacks(other)) return lacks(one) - lacks(other);
      return descending ? before(other, one) : before(one, other);
    });
    body.append(...rows.map(([, row]) => row));
    for (const other of head.parentElement.cells) other.ariaSort = null;
    head.ariaSort = descending ? "descending" : "ascending";
  }

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      if (!head.textContent.trim() || head.hasAttribute("data-unsorted")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort-button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, head, column));
      head.append(button);
    });
  }
})();
