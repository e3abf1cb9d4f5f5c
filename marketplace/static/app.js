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

  // Suggestions under a search field: arrows choose, Enter searches, Escape closes, Tab goes on.
  all("input[data-suggest]", function (field) {
    var list = document.createElement("ul"), said = document.createElement("span"), active = -1, asked = 0, timer;
    list.id = field.id + "-suggested"; list.className = "suggested"; list.hidden = true;
    list.setAttribute("role", "listbox"); list.setAttribute("aria-label", field.dataset.suggest);
    said.className = "vh"; said.setAttribute("role", "status");
    field.after(list, said);
    var set = function (name, value) { field.setAttribute(name, value); };
    set("role", "combobox"); set("aria-autocomplete", "list"); set("aria-controls", list.id);
    set("aria-expanded", "false");
    var close = function () {
      asked++; clearTimeout(timer); active = -1; list.hidden = true; said.textContent = "";
      set("aria-expanded", "false"); field.removeAttribute("aria-activedescendant");
    };
    var search = function (option) { field.value = option.textContent; close(); field.form.requestSubmit(); };
    var choose = function (by) {
      var options = list.children, count = options.length;
      active = active < 0 && by < 0 ? count - 1 : (active + by + count) % count;
      for (var at = 0; at < count; at++) options[at].setAttribute("aria-selected", at === active);
      set("aria-activedescendant", options[active].id);
    };
    var show = function (texts) {
      list.replaceChildren.apply(list, texts.map(function (text, at) {
        var option = document.createElement("li");
        option.id = list.id + at; option.textContent = text;
        option.setAttribute("role", "option"); option.setAttribute("aria-selected", "false");
        return option;
      }));
      active = -1; field.removeAttribute("aria-activedescendant"); list.hidden = !texts.length;
      set("aria-expanded", String(!!texts.length)); said.textContent = texts.length ? field.dataset.suggested : "";
    };
    field.addEventListener("input", function () {
      var mine = ++asked, typed = field.value.trim();
      clearTimeout(timer);
      if (typed.length < 2 || typed.length > 80) { close(); return; }
      timer = setTimeout(function () {
        fetch("/search/suggestions?q=" + encodeURIComponent(typed))
          .then(function (answer) { return answer.ok ? answer.json() : []; })
          .then(function (texts) { if (mine === asked) show(texts); }, close);
      }, 180);
    });
    field.addEventListener("keydown", function (event) {
      if (list.hidden) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault(); choose(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Escape") { event.preventDefault(); close(); }
      else if (event.key === "Enter" && active >= 0) { event.preventDefault(); search(list.children[active]); }
    });
    list.addEventListener("mousedown", function (event) { event.preventDefault(); });
    list.addEventListener("click", function (event) { if (event.target !== list) search(event.target); });
    field.addEventListener("blur", close);
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
