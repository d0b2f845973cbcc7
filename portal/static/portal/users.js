// One tick for the whole page of people; without this file each person is ticked alone.
(() => {
  "use strict";

  function offer(root) {
    for (const all of root.querySelectorAll("[data-pick-all]")) all.hidden = false;
  }

  document.addEventListener("change", (event) => {
    const table = event.target.closest?.("#users-table");
    if (!table) return;
    const all = table.querySelector("[data-pick-all]");
    const picks = [...table.querySelectorAll(".pick")];
    if (event.target === all) for (const pick of picks) pick.checked = all.checked;
    const picked = picks.filter((pick) => pick.checked).length;
    all.checked = picked > 0 && picked === picks.length;
    all.indeterminate = picked > 0 && picked < picks.length;
  });
  document.addEventListener("reset", (event) => {
    const all = event.target.closest("#users-table")?.querySelector("[data-pick-all]");
    if (all) all.checked = all.indeterminate = false;
  });
  document.addEventListener("htmx:load", (event) => offer(event.detail.elt.parentElement ?? document));
  offer(document);
})();
