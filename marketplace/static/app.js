// Enhancement only: every page works without this file.
(function () {
  "use strict";
  var all = function (selector, act) { document.querySelectorAll(selector).forEach(act); };

  // A page that comes back with errors puts the reader in front of them.
  var first = document.querySelector("[data-focus]");
  if (first) first.focus();

  all("[data-autosubmit]", function (field) {
    field.addEventListener("change", function () { field.form.requestSubmit(); });
  });

  // Filters lie open where there is room for them.
  var wide = window.matchMedia("(min-width: 821px)");
  all("details[data-open-wide]", function (details) {
    var sync = function () { details.open = wide.matches; };
    sync();
    wide.addEventListener("change", sync);
  });

  // The summary's dial follows the chosen slot.
  var when = document.querySelector("[data-when]");
  if (when) all("input[name=slot]", function (slot) {
    slot.addEventListener("change", function () {
      when.children[0].textContent = slot.dataset.day;
      when.children[1].textContent = slot.dataset.hours;
      all("[data-refund]:not(input)", function (words) { words.textContent = slot.dataset.refund; });
      all(".sum .q", function (quarter) {
        quarter.classList.toggle("on", slot.dataset.q.split(" ").includes(quarter.dataset.q));
      });
    });
  });

  // After a submit the button says so, and a second click does nothing.
  document.addEventListener("submit", function (event) {
    var button = event.submitter;
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    if (!button || !button.dataset.busy || event.target.method === "get") return;
    event.target.dataset.sent = "yes";
    button.dataset.idle = button.textContent;
    setTimeout(function () { button.textContent = button.dataset.busy; button.setAttribute("aria-disabled", "true"); });
  });
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) return;
    all("form[data-sent]", function (form) { delete form.dataset.sent; });
    all("[data-idle]", function (button) {
      button.textContent = button.dataset.idle;
      button.removeAttribute("aria-disabled");
    });
  });

  // The menu closes like one.
  document.addEventListener("keydown", function (event) {
    var menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  document.addEventListener("click", function (event) {
    all("details.menu[open]", function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });
})();
