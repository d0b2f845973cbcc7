// What takes longer than 300 milliseconds shows that it is under way; what is quicker shows nothing, so nothing flashes.
(() => {
  "use strict";

  const WAIT = 300;
  const underWay = new Map();
  let timer = 0;
  let shownAt = 0;

  const line = () => document.getElementById("progress");

  function show() {
    const place = line();
    // A modal dialog covers the page.
    (document.querySelector("dialog:modal") ?? document.body).append(place);
    place.hidden = false;
    shownAt = performance.now();
  }

  function hide() {
    clearTimeout(timer);
    const left = WAIT - (performance.now() - shownAt);
    timer = setTimeout(() => {
      const place = line();
      if (!place || underWay.size > 0) return;
      place.hidden = true;
      if (place.closest("dialog")) document.body.append(place);
    }, Math.max(left, 0));
  }

  document.addEventListener("htmx:beforeSend", (event) => {
    const { xhr, target } = event.detail;
    target.setAttribute("aria-busy", "true");
    underWay.set(xhr, target);
    if (underWay.size > 1 || !line()?.hidden) return;
    clearTimeout(timer);
    timer = setTimeout(show, WAIT);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    underWay.get(event.detail.xhr)?.removeAttribute("aria-busy");
    underWay.delete(event.detail.xhr);
    if (underWay.size === 0) hide();
  });
  // The swap may throw away the dialog that holds the line.
  document.addEventListener("htmx:beforeSwap", () => document.body.append(line()));
  document.addEventListener("close", () => document.body.append(line()), true);
})();
