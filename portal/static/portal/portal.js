// Makes the pages nicer; everything works without it.
(() => {
  "use strict";

  const notice = () => document.getElementById("notice");
  let opener = null;
  let leaveTo = "";
  let toldOf = null; // whose request failed

  // Dialogs: the server sends <dialog data-modal>, this opens it over the page and gives the focus back. One that came
  // with a whole page has an address of its own: closing it leaves for the address in data-modal, if there is one.

  function openDialogs() {
    const dialog = document.querySelector("dialog[data-modal]");
    if (!dialog || dialog.matches(":modal")) return;
    dialog.removeAttribute("open");
    dialog.showModal();
    // The browser has focused the first field; what went wrong comes before it.
    dialog.querySelector("[role=alert], [aria-invalid=true]")?.focus();
    // As after the Tab key: whoever types at once replaces what stands there, and adds no digits to it.
    const field = document.activeElement;
    if (field.matches("dialog input[type=text]")) field.select();
  }

  function focusOpener() {
    const again = opener?.isConnected ? opener : opener?.id ? document.getElementById(opener.id) : null;
    (again ?? document.getElementById("main")).focus();
    opener = null;
  }

  document.addEventListener("close", (event) => {
    if (!event.target.matches?.("dialog[data-modal]") || !event.target.isConnected) return;
    hush();
    event.target.remove();
    if (leaveTo) location.assign(leaveTo);
    else focusOpener();
  }, true);

  document.addEventListener("click", (event) => {
    const dialog = event.target.closest?.("[data-close]")?.closest("dialog");
    if (!dialog) return;
    event.preventDefault();
    dialog.close();
  });

  // Escape in a step of a dialog goes back to where the step began.
  document.addEventListener("cancel", (event) => {
    const back = event.target.querySelector?.("form[data-back]");
    if (!back) return;
    event.preventDefault();
    back.requestSubmit();
  }, true);

  // A link to a place on the page below the dialog leads there, not back to what opened the dialog.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("dialog[data-modal] a[href*='#']");
    if (!link) return;
    hush();
    link.closest("dialog").remove();
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
    if (event.submitter?.formMethod === "dialog") return;
    // Without a net the browser would put a page of its own in this one's place, and with it goes what was typed.
    if (!navigator.onLine && !form.matches("[hx-post], [hx-get]")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      tell(notice().dataset.offline, () => form.requestSubmit(event.submitter));
      return;
    }
    if (form.method !== "post") return;
    if (form.dataset.sending) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (!form.matches("[hx-post]")) sending(form);
  }, true);

  function sending(form) {
    form.dataset.sending = "yes";
    form.setAttribute("aria-busy", "true");
    // A download leaves the page as it is and says nothing.
    setTimeout(done, 10_000, form);
  }

  function done(form) {
    if (!(form instanceof HTMLFormElement)) return;
    delete form.dataset.sending;
    form.removeAttribute("aria-busy");
  }
  // Back in the browser's history brings the page as it was left.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(done));

  // htmx

  // `again` does what failed once more, when the person wants it to.
  function tell(text, again) {
    const place = notice();
    const words = document.createElement("p");
    words.textContent = text;
    place.replaceChildren(words);
    if (again) place.append(button(place.dataset.again, again));
    place.setAttribute("role", "alert");
    place.hidden = false;
    // A modal dialog covers the page: speak inside it.
    const dialog = document.querySelector("dialog:modal");
    if (dialog) dialog.querySelector("h2").after(place);
    else document.getElementById("main").before(place);
    place.scrollIntoView({ block: "nearest" });
  }

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-plain btn-small";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  // The same request again, with what stands in the fields by now. A form that was done already is not done twice.
  function again({ requestConfig }) {
    const { elt, triggeringEvent } = requestConfig;
    toldOf = elt;
    const submitter = triggeringEvent?.submitter;
    return () => {
      if (!elt.isConnected) location.reload();
      else if (elt instanceof HTMLFormElement) elt.requestSubmit(submitter?.isConnected ? submitter : undefined);
      else htmx.ajax(requestConfig.verb, elt.getAttribute(`hx-${requestConfig.verb}`) ?? elt.href, { source: elt });
    };
  }

  function hush() {
    toldOf = null;
    const place = notice();
    if (!place) return;
    place.hidden = true;
    place.removeAttribute("role");
    if (place.closest("dialog")) document.getElementById("main").before(place);
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    // What follows the typing says once what is wrong, not at every letter; what asks by itself takes nothing away.
    if (!["input", undefined].includes(requestConfig.triggeringEvent?.type)) hush();
    if (!document.querySelector("dialog:modal")) opener = requestConfig.triggeringEvent?.submitter ?? elt;
    if (elt instanceof HTMLFormElement) sending(elt);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    done(event.detail.elt);
    if (event.detail.successful && event.detail.requestConfig.elt === toldOf) hush();
  });
  // What may go well the next time.
  const isPassing = (answer) => answer.status === 429 || answer.status >= 500;
  // What the server says in plain text is said to the person; it is no part of the page, whatever its status.
  const isPlain = (answer) => answer.getResponseHeader("Content-Type")?.startsWith("text/plain");
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isPlain(event.detail.xhr)) return;
    event.detail.shouldSwap = false;
    tell(event.detail.xhr.responseText, isPassing(event.detail.xhr) && again(event.detail));
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (!isPlain(event.detail.xhr)) tell(notice().dataset.failed, isPassing(event.detail.xhr) && again(event.detail));
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => tell(notice().dataset.offline, again(event.detail)));
  }
  // At once, so that it is never seen inside the page; and again once htmx has settled its attributes.
  document.addEventListener("htmx:afterSwap", () => openDialogs());
  document.addEventListener("htmx:load", () => openDialogs());

  // What was done is told by the next page: put in again once a screen reader listens, else it would not be said.
  setTimeout(() => {
    const told = document.getElementById("messages");
    if (told?.childElementCount) told.replaceChildren(...told.childNodes);
  }, 700);

  // This script is deferred: the page is there.
  leaveTo = document.querySelector("dialog[data-modal]")?.dataset.modal ?? "";
  openDialogs();
})();
