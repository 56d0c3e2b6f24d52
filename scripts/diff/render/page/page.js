"use strict";
// All that the page can do besides being read: filter changes, fold and unfold, and be printed whole.
(() => {
  const form = document.getElementById("filters");
  const rows = [...document.querySelectorAll(".row")];
  const places = [...document.querySelectorAll(".place")];
  const total = (some) => some.reduce((sum, row) => sum + Number(row.dataset.count), 0);

  const filter = () => {
    const off = (name) => new Set([...form.querySelectorAll(`[name="${name}"]:not(:checked)`)].map((box) => box.value));
    const [severities, layers, causes] = [off("severity"), off("layer"), off("causes")];
    for (const row of rows) {
      const own = row.dataset.causes.split(" ").filter(Boolean);
      const isOff = own.length > 0 && own.every((cause) => causes.has(cause));
      row.hidden = severities.has(row.dataset.severity) || layers.has(row.dataset.layer) || isOff;
    }
    for (const holder of document.querySelectorAll(".side, .place")) {
      holder.hidden = !holder.querySelector(".row:not([hidden])");
    }
    const shown = total(rows.filter((row) => !row.hidden)).toLocaleString("en");
    document.getElementById("shown").value = `${shown} of ${total(rows).toLocaleString("en")} changes shown`;
  };

  if (form) {
    form.hidden = false;
    form.addEventListener("change", filter);
    filter(); // a browser may have kept the choice of before
    for (const [id, open] of [["fold", false], ["unfold", true]]) {
      document.getElementById(id).addEventListener("click", () => places.forEach((place) => (place.open = open)));
    }
  }
  const openTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.matches(".place")) target.open = true;
  };
  addEventListener("hashchange", openTarget);
  openTarget();
  if (matchMedia("(max-width: 60rem)").matches) {
    document.querySelectorAll("nav details, #filters details").forEach((one) => (one.open = false));
  }

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((one) => (one.open = true));
  });
  addEventListener("afterprint", () => folded.forEach((one) => (one.open = false)));
})();
