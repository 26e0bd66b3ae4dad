// Chooses judges, orders properties and finds examples. The report is complete without it.
(() => {
  "use strict";
  const MOST = 6;
  const all = (what, inside = document) => [...inside.querySelectorAll(what)];
  document.documentElement.classList.add("js");

  const plot = document.getElementById("plot");
  const table = plot?.querySelector("table.dots[data-step]");
  if (table) {
    const step = Number(table.dataset.step);
    const boxes = all("input[data-judge]", plot);
    // A judge keeps its colour and shape for as long as it is shown.
    const slots = new Array(MOST).fill(null);
    boxes.forEach((box) => { box.checked = Number(box.dataset.judge) < MOST; });

    const draw = () => {
      const chosen = boxes.filter((box) => box.checked).map((box) => box.dataset.judge);
      slots.forEach((judge, i) => { if (!chosen.includes(judge)) slots[i] = null; });
      chosen.forEach((judge) => { if (!slots.includes(judge)) slots[slots.indexOf(null)] = judge; });
      boxes.forEach((box) => { box.disabled = !box.checked && chosen.length >= MOST; });
      all("[data-j]", plot).forEach((mark) => {
        const slot = slots.indexOf(mark.dataset.j);
        mark.classList.toggle("off", slot < 0);
        if (slot < 0) return;
        const coloured = mark.matches("label") ? mark.querySelector(".key") : mark;
        for (let i = 0; i < MOST; i++) coloured.classList.toggle("c" + i, i === slot);
        all("use", mark).forEach((use) => use.setAttribute("href", "#m" + slot));
        if (mark.matches("g")) {
          const y = 6 + Math.floor(step / 2) + chosen.indexOf(mark.dataset.j) * step;
          mark.setAttribute("transform", `translate(0,${y})`);
        }
      });
      all("tbody svg[role=img]", table).forEach((svg) => {
        svg.setAttribute("height", Math.max(1, chosen.length) * step + 12);
      });
    };
    boxes.forEach((box) => box.addEventListener("change", draw));
    draw();

    const body = table.tBodies[0];
    const buttons = all("button[data-sort]", plot);
    buttons.forEach((button) => button.addEventListener("click", () => {
      const key = button.dataset.sort;
      const sign = key === "strong" ? -1 : 1;
      const rows = [...body.rows].sort((a, b) => sign * (a.dataset[key] - b.dataset[key]));
      body.append(...rows);
      buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    }));
  }

  const find = document.getElementById("find");
  const against = document.getElementById("against");
  if (find && against) {
    const filter = () => {
      const wanted = find.value.trim().toLowerCase();
      all("details.example").forEach((group) => {
        const named = group.querySelector("summary").textContent.toLowerCase().includes(wanted);
        let left = 0;
        all(".pair", group).forEach((pair) => {
          const fits = (named || pair.textContent.toLowerCase().includes(wanted)) &&
            (!against.checked || pair.classList.contains("against"));
          pair.hidden = !fits;
          left += fits;
        });
        group.hidden = left === 0;
        if (wanted || against.checked) group.open = left > 0;
      });
    };
    find.addEventListener("input", filter);
    against.addEventListener("change", filter);
  }
})();
