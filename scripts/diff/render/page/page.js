"use strict";
// All that the page can do besides being read: filter changes, open what a link leads to, and be printed whole.
(() => {
  const form = document.getElementById("filters");
  const rows = [...document.querySelectorAll("[data-severity]")];
  const filter = () => {
    const off = (name) => new Set([...form.querySelectorAll(`[name="${name}"]:not(:checked)`)].map((box) => box.value));
    const [severities, causes] = [off("severity"), off("causes")];
    for (const row of rows) {
      const own = row.dataset.causes.split(" ").filter(Boolean);
      row.hidden = severities.has(row.dataset.severity) || (own.length > 0 && own.every((cause) => causes.has(cause)));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    document.getElementById("shown").value = `${shown} of ${rows.length} changes shown`;
  };
  if (form) {
    form.hidden = false;
    form.addEventListener("change", filter);
    filter(); // a browser may have kept the choice of before
  }
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((one) => (one.open = true));
  });
  addEventListener("afterprint", () => folded.forEach((one) => (one.open = false)));
})();
