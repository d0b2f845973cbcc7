// One tick for the whole page of companies; without this file each company is ticked alone.
(() => {
  "use strict";

  function offer(root) {
    for (const label of root.querySelectorAll(".pick-page")) label.hidden = false;
  }

  document.addEventListener("change", (event) => {
    const table = event.target.closest?.("#companies");
    if (!table) return;
    const page = table.querySelector("[data-pick-all]");
    const picks = [...table.querySelectorAll(".pick")];
    if (event.target === page) for (const pick of picks) pick.checked = page.checked;
    const picked = picks.filter((pick) => pick.checked).length;
    page.checked = picked > 0 && picked === picks.length;
    page.indeterminate = picked > 0 && picked < picks.length;
  });
  document.addEventListener("reset", (event) => {
    const page = event.target.closest("#companies")?.querySelector("[data-pick-all]");
    if (page) page.checked = page.indeterminate = false;
  });
  document.addEventListener("htmx:load", (event) => offer(event.detail.elt.parentElement ?? document));
  offer(document);
})();
