/* Small comforts of the record store's pages. Every page works without them. */
"use strict";
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-format]");
  if (!button) return;
  if (button.dataset.copy) {
    const shown = document.getElementById(button.dataset.copy);
    const lines = shown.querySelectorAll(".lrs-line");
    const text = lines.length ? Array.from(lines, (line) => line.textContent).join("\n") : shown.textContent.trim();
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // Without TLS browsers give pages no clipboard: select it for the keyboard.
      getSelection().selectAllChildren(shown);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = before; }, 1600);
  } else {
    const editor = button.closest("form").querySelector("[data-json]");
    // Only where nothing changes by it: parsing would round long numbers and drop repeated keys.
    const parsed = JSON.parse(editor.value);
    const tight = (text) => text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (found) => (found[0] === '"' ? found : ""));
    if (tight(JSON.stringify(parsed)) === tight(editor.value)) editor.value = JSON.stringify(parsed, null, 2);
  }
});
document.addEventListener("change", (event) => {
  const changed = event.target;
  if (changed.matches("select[data-submit]")) changed.form.requestSubmit();
  if (changed.matches("[data-all]")) {
    changed.form.querySelectorAll(`input[name="${changed.dataset.all}"]`).forEach((box) => { box.checked = changed.checked; });
  }
});
document.addEventListener("DOMContentLoaded", () => {
  const marked = document.querySelector(".lrs-json .lrs-marked");
  if (marked) {
    const frame = marked.closest(".lrs-json");
    frame.scrollTop = marked.getBoundingClientRect().top - frame.getBoundingClientRect().top - frame.clientHeight / 3;
  }
  document.querySelectorAll("[data-format]").forEach((button) => {
    const editor = button.closest("form").querySelector("[data-json]");
    try { JSON.parse(editor.value); button.hidden = false; } catch { button.hidden = true; }
  });
});
