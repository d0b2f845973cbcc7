// What lists offer with a script: one tick for a whole page, the number selected said aloud, and the key "/".
(() => {
  "use strict";

  const number = new Intl.NumberFormat(document.documentElement.lang);
  let waiting = 0;

  // Said once it has stopped changing, in a place that was there before.
  function say(text) {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const place = document.getElementById("list-status");
      if (place) place.textContent = text;
    }, 250);
  }

  function offer(root) {
    for (const one of root.querySelectorAll(".pick-page, [data-pick-all]")) one.hidden = false;
    for (const box of root.querySelectorAll("[data-shortcut]")) {
      const field = box.querySelector("input");
      const sign = box.querySelector(".search-key");
      field.setAttribute("aria-keyshortcuts", "/");
      field.addEventListener("input", () => { sign.hidden = field.value !== ""; });
      sign.hidden = field.value !== "";
    }
  }

  // Selecting

  function tell(table) {
    const found = table.querySelector(".pick-found");
    const picked = table.querySelectorAll(".pick:checked").length;
    if (found?.checked) say(table.querySelector(".bulk-found").textContent);
    else say(document.getElementById("list-status")?.dataset.picked.replace("{number}", number.format(picked)));
  }

  document.addEventListener("change", (event) => {
    const table = event.target.closest?.(".table-block");
    if (!table || !event.target.matches(".pick, .pick-found, [data-pick-all]")) return;
    const page = table.querySelector("[data-pick-all]");
    const found = table.querySelector(".pick-found");
    const picks = [...table.querySelectorAll(".pick")];
    if (!event.target.matches(".pick")) for (const pick of picks) pick.checked = event.target.checked;
    if (found && !event.target.checked) found.checked = false;
    const picked = picks.filter((pick) => pick.checked).length;
    if (page) {
      page.checked = picked > 0 && picked === picks.length;
      page.indeterminate = picked > 0 && picked < picks.length;
    }
    tell(table);
  });
  document.addEventListener("reset", (event) => {
    const table = event.target.closest(".table-block");
    const page = table?.querySelector("[data-pick-all]");
    if (page) page.checked = page.indeterminate = false;
    // Once the form has been reset.
    if (table) setTimeout(tell, 0, table);
  });

  // Searching

  // What is not asked for is not in the address.
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.elt.matches("form[role=search]")) return;
    for (const [name, value] of [...event.detail.formData]) {
      if (value === "") event.detail.formData.delete(name);
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { successful, requestConfig, target } = event.detail;
    const swapped = target && document.getElementById(target.id);
    const table = swapped?.matches(".table-block") ? swapped : swapped?.querySelector(".table-block");
    if (!successful || requestConfig.verb !== "get" || !table) return;
    say(table.querySelector(".table-count, .table-empty")?.textContent);
    // A filter that is gone has taken the focus with it.
    if (requestConfig.elt.id.startsWith("chip") && document.activeElement === document.body) {
      (document.querySelector(".chips a") ?? document.querySelector(".search-box input")).focus();
    }
  });

  // The key "/" goes to the search. Who speaks to the computer, or hits keys by chance, switches it off at the foot.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const typing = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
    const field = document.querySelector("[data-shortcut] input");
    if (!field || event.target.closest?.(typing) || document.querySelector("dialog:modal")) return;
    event.preventDefault();
    field.focus();
    field.select();
  });

  document.addEventListener("htmx:load", (event) => offer(event.detail.elt.parentElement ?? document));
  offer(document);
})();
