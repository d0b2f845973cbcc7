// Narrows the list of companies while one types; without this file a button asks the server.
(() => {
  "use strict";

  const plain = (text) => text.normalize("NFC").trim().replace(/\s+/g, " ").toLowerCase();

  function narrow(search) {
    const companies = search.closest("[data-companies]");
    const wanted = plain(search.value);
    let found = 0;
    for (const row of companies.querySelectorAll("li")) {
      const fits = plain(row.textContent).includes(wanted);
      // What is chosen stays in sight, so that nobody forgets it.
      row.hidden = !fits && !row.querySelector("input").checked;
      if (fits) found += 1;
    }
    const none = companies.querySelector("[data-companies-none]");
    none.textContent = found > 0 ? "" : none.dataset.companiesNone;
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-companies-search]")) narrow(event.target);
  });
  // Return looks for companies; it sends nothing.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-companies-search]")) event.preventDefault();
  });
})();
