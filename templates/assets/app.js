// Progressive enhancement only: every page works without this file.
(function () {
  "use strict";
  document.querySelectorAll("textarea[data-max]").forEach(function (area) {
    var max = Number(area.dataset.max);
    var out = document.getElementById(area.id + "-counter");
    if (!out) { return; }
    out.setAttribute("aria-live", "polite");
    function count() {
      var left = max - Array.from(area.value.trim()).length;
      out.textContent = left >= 0 ? "还可以写 " + left + " 字" : "已超出 " + -left + " 字";
      out.classList.toggle("over", left < 0);
    }
    area.addEventListener("input", count);
    count();
  });
  function tick() {
    document.querySelectorAll("[data-countdown]").forEach(function (node) {
      var left = Date.parse(node.dataset.countdown) - Date.now();
      if (isNaN(left) || left > 86400000) { return; }
      var minutes = Math.floor(Math.abs(left) / 60000);
      var words = Math.floor(minutes / 60) + " 小时 " + (minutes % 60) + " 分钟";
      if (left >= 0) { node.textContent = "还剩 " + words; } else if (left > -86400000) { node.textContent = "已超过 " + words; }
    });
  }
  tick();
  setInterval(tick, 30000);
  var summary = document.getElementById("errors");
  if (summary) { summary.focus(); }
  document.querySelectorAll("[data-print]").forEach(function (node) {
    node.hidden = false;
    node.addEventListener("click", function () { window.print(); });
  });
  document.querySelectorAll("form[method=post]").forEach(function (form) {
    form.addEventListener("submit", function (event) {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
      setTimeout(function () { delete form.dataset.sent; }, 5000);
    });
  });
})();
