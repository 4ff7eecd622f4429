/* Comforts of the pages about people: keys of the review, the date slider, branches of the tree. Every page works
   without them. */
"use strict";

/* A key presses the button that carries it, unless somebody is typing. */
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable]")) return;
  const key = event.key.toLowerCase();
  if (!/^[a-z0-9/]$/.test(key)) return;
  const target = document.querySelector(`[data-key="${key}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input")) target.focus();
  else target.click();
});

/* The date slider: what was so is fetched, and what differs from before is marked. */
document.addEventListener("DOMContentLoaded", () => {
  const page = document.getElementById("ppl-as-of");
  if (!page) return;
  const slider = page.querySelector("input[type=range]");
  const at = page.querySelector("input[name=at]");
  const known = page.querySelector("input[name=known]");
  const mark = document.getElementById("ppl-mark");
  const first = Date.parse(`${slider.dataset.first}T12:00:00Z`);
  const day = 86400000;
  let asked = 0;
  let under = null;
  slider.parentElement.hidden = false;
  page.querySelectorAll("[data-plain]").forEach((button) => { button.hidden = true; });

  const place = () => {
    const days = Math.round((Date.parse(`${at.value}T12:00:00Z`) - first) / day);
    const chart = mark && mark.closest("svg");
    if (Number.isNaN(days)) return;
    slider.value = String(days);
    if (!chart) return;
    const { left, width, days: whole } = chart.dataset;
    const x = Number(left) + (Number(width) * Math.min(Math.max(days, 0), Number(whole))) / Number(whole);
    mark.setAttribute("x1", x.toFixed(1));
    mark.setAttribute("x2", x.toFixed(1));
  };

  const show = (said) => {
    document.querySelectorAll("[data-said]").forEach((place_) => {
      const key = place_.dataset.said;
      const text = (key in said.fields ? said.fields[key] : said[key]) || "–";
      place_.parentElement.classList.toggle("ppl-changed", place_.textContent !== text);
      place_.textContent = text;
    });
    const none = document.getElementById("ppl-none");
    if (none) none.hidden = said.standing;
    page.dataset.day = said.day;
  };

  const ask = async () => {
    place();
    if (!at.value) return;
    const mine = ++asked;
    if (under) under.abort();
    under = new AbortController();
    const query = new URLSearchParams({ at: at.value, known: known.value });
    try {
      const answer = await fetch(`${page.dataset.address}?${query}`, {
        signal: under.signal, headers: { Accept: "application/json" }, credentials: "same-origin",
      });
      if (!answer.ok || mine !== asked) return;
      show(await answer.json());
      history.replaceState(null, "", `?${query}`);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };

  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(ask, 60); };
  slider.addEventListener("input", () => {
    at.value = new Date(first + Number(slider.value) * day).toISOString().slice(0, 10);
    place();
    soon();
  });
  at.addEventListener("change", ask);
  known.addEventListener("change", ask);
});

/* Branches of the tree come when they are opened. */
document.addEventListener("click", async (event) => {
  const turn = event.target.closest("[data-branch]");
  if (!turn || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const row = turn.closest("tr");
  const depth = Number(row.dataset.depth);
  if (turn.getAttribute("aria-expanded") === "true") {
    while (row.nextElementSibling && Number(row.nextElementSibling.dataset.depth) > depth) row.nextElementSibling.remove();
    turn.setAttribute("aria-expanded", "false");
    return;
  }
  if (turn.dataset.waiting) return;
  turn.dataset.waiting = "1";
  try {
    const answer = await fetch(turn.dataset.branch, { credentials: "same-origin" });
    if (!answer.ok) { location.href = turn.href; return; }
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    row.after(holder.content);
    turn.setAttribute("aria-expanded", "true");
  } finally {
    delete turn.dataset.waiting;
  }
});
