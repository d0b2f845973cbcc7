// Makes the pages nicer; everything works without it.
(() => {
  "use strict";

  const notice = () => document.getElementById("notice");
  let opener = null;

  // Dialogs: the server sends <dialog data-modal>, this opens it over the page and gives the focus back.

  function openDialogs(root) {
    const dialog = root.matches?.("dialog[data-modal]") ? root : root.querySelector?.("dialog[data-modal]");
    if (!dialog || dialog.matches(":modal")) return;
    dialog.removeAttribute("open");
    dialog.showModal();
    (dialog.querySelector("[role=alert], [aria-invalid=true], [autofocus]") ?? dialog).focus();
  }

  function focusOpener() {
    const again = opener?.isConnected ? opener : opener?.id ? document.getElementById(opener.id) : null;
    (again ?? document.getElementById("main")).focus();
    opener = null;
  }

  document.addEventListener("close", (event) => {
    if (!event.target.matches?.("dialog[data-modal]") || !event.target.isConnected) return;
    const served = event.target.dataset.modal;
    event.target.remove();
    // The dialog came with the page at an address of its own: leave that address.
    if (served) location.assign(served);
    else focusOpener();
  }, true);

  document.addEventListener("click", (event) => {
    const dialog = event.target.closest?.("[data-close]")?.closest("dialog");
    if (!dialog) return;
    event.preventDefault();
    dialog.close();
  });

  // Menus close on Escape and on a click elsewhere.

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details[data-menu][open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
    const tab = event.target.closest?.("[role=tab]");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (tab && step) {
      const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
      tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length].focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // A second submit while the first is under way is dropped; buttons stay enabled (the server answers doubles too).

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.submitter?.formMethod === "dialog") return;
    if (form.dataset.sending) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sending = "yes";
    form.setAttribute("aria-busy", "true");
  }, true);

  function done(form) {
    if (!(form instanceof HTMLFormElement)) return;
    delete form.dataset.sending;
    form.removeAttribute("aria-busy");
  }
  // Back in the browser's history brings the page as it was left.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(done));

  // htmx

  function tell(text) {
    const place = notice();
    place.textContent = text;
    place.setAttribute("role", "alert");
    place.hidden = false;
    // A modal dialog covers the page: speak inside it.
    const dialog = document.querySelector("dialog:modal");
    if (dialog) dialog.prepend(place);
    else document.getElementById("main").before(place);
  }

  function hush() {
    const place = notice();
    if (!place) return;
    place.hidden = true;
    place.removeAttribute("role");
    if (place.closest("dialog")) document.getElementById("main").before(place);
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    hush();
    if (!document.querySelector("dialog:modal")) opener = document.activeElement;
    if (event.detail.elt instanceof HTMLFormElement) event.detail.elt.dataset.sending = "yes";
  });
  document.addEventListener("htmx:afterRequest", (event) => done(event.detail.elt));
  document.addEventListener("htmx:responseError", (event) => {
    const answer = event.detail.xhr;
    const plain = answer.getResponseHeader("Content-Type")?.startsWith("text/plain");
    tell(plain ? answer.responseText : notice().dataset.failed);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => tell(notice().dataset.offline));
  }
  document.addEventListener("htmx:load", (event) => openDialogs(event.detail.elt));
  document.addEventListener("DOMContentLoaded", () => openDialogs(document.body));
  if (document.readyState !== "loading") openDialogs(document.body);
})();
