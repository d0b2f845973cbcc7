// Passkeys and recovery codes: what of them needs a script is hidden until this has run.
(() => {
  "use strict";

  // A browser makes no passkey for a bare network address.
  const isAddress = /^[\d.]+$|:/.test(location.hostname);
  const knowsPasskeys = !isAddress && Boolean(window.webauthnJSON?.supported());

  function ready() {
    for (const form of document.querySelectorAll("[data-passkey]")) form.hidden = !knowsPasskeys;
    for (const text of document.querySelectorAll("[data-no-passkey]")) text.hidden = knowsPasskeys;
    for (const button of document.querySelectorAll("[data-print]")) {
      button.hidden = false;
      button.addEventListener("click", () => window.print());
    }
  }

  // The browser's question was closed, took too long, or found nothing: allauth tells us so.
  document.addEventListener("allauth.error", (event) => {
    const place = document.querySelector("[data-passkey-failed]");
    if (!place) return;
    event.preventDefault();
    place.setAttribute("role", "alert");
    place.hidden = false;
    place.focus();
  });

  ready();
})();
