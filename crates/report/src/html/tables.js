// Finds and orders the rows of wide tables, in the report and on the page. The tables are complete without it.
(() => {
  "use strict";
  document.documentElement.classList.add("js");

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || !field.matches("[data-find]")) return;
    const box = field.closest("[data-rows]");
    const wanted = field.value.trim().toLowerCase();
    box.classList.toggle("finding", wanted !== "");
    box.querySelectorAll("tbody tr").forEach((row) => {
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    });
  });

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("button[data-order]");
    if (!button) return;
    const box = button.closest("[data-rows]");
    const head = button.closest("th");
    const body = head.closest("table").tBodies[0];
    const down = head.getAttribute("aria-sort") !== "descending";
    const value = (row) => row.cells[head.cellIndex].dataset.v;
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      // What is not known comes last, whichever way.
      if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
      return down ? y - x : x - y;
    });
    body.append(...rows);
    rows.forEach((row, at) => row.classList.toggle("rest", at >= Number(box.dataset.rows)));
    head.parentElement.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  });
})();
