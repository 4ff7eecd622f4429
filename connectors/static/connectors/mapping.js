/* The mapping editor: the document stays the text below the table; the table is a view of it that can be typed
   into. After each change the hub is asked what the document makes of the sample. Without scripts the page shows
   the same of what was kept, and the text can be edited. */
"use strict";
(() => {
  const form = document.getElementById("map-form");
  if (!form) return;
  const { make, labelled, input, transformation } = mappingForms;
  const part = (name) => document.getElementById(`map-${name}`);
  const editable = "editable" in form.dataset;
  const samples = JSON.parse(part("sample-records").textContent);
  const open = new Set();
  let doc = null;
  let shown = JSON.parse(part("first").textContent);
  let drawn = "";
  let asked = 0;
  let timer = null;

  const steps = (pointer) => pointer.split("/").slice(1).map((each) => each.replace(/~1/g, "/").replace(/~0/g, "~"));
  const at = (pointer) => steps(pointer).reduce((found, step) => (found == null ? undefined : found[step]), doc);
  const put = (pointer, value) => {
    const path = steps(pointer);
    const last = path.pop();
    const holder = path.reduce((found, step) => found[step], doc);
    if (value === undefined) delete holder[last]; else holder[last] = value;
    part("document").value = JSON.stringify(doc, null, 2);
    later();
  };
  const status = (text) => { part("status").textContent = text; };
  const read = () => {
    try { doc = JSON.parse(part("document").value); status(""); return true; } catch (error) { status(`The document is no JSON: ${error.message}`); return false; }
  };

  const ask = async () => {
    if (!read()) return;
    let raw = {};
    const text = part("raw").value.trim();
    if (text) { try { raw = JSON.parse(text); } catch (error) { status(`The sample is no JSON: ${error.message}`); return; } }
    const number = ++asked;
    try {
      const answer = await fetch(form.dataset.preview, {
        method: "POST", credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
        body: JSON.stringify({ document: doc, kind: part("kind").value, raw }),
      });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const found = await answer.json();
      // Answers may overtake each other.
      if (number === asked) show(found);
    } catch { status("The preview is not there right now; what you type is still in this page."); }
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(ask, 350); };

  const show = (found) => {
    const rows = found.rows.length ? found.rows : shown.rows;
    shown = { ...found, rows };
    part("records").textContent = JSON.stringify(found.records, null, 2);
    const wrong = [...found.problems.map((each) => [each.pointer || "/", each.reason, ""])];
    if (found.refused) wrong.push([found.refused.field || found.refused.rule, found.refused.reason, found.refused.suggestion]);
    part("problems").replaceChildren(...wrong.map(([where, why, what]) => make("li", {}, make("code", { textContent: where }), make("p", { textContent: why }), make("small", { textContent: what }))));
    part("problems-card").hidden = !wrong.length;
    draw();
  };

  const ours = () => shown.rows.filter((row) => row.kind === part("kind").value);
  const structure = (rows) => JSON.stringify(rows.map((row) => [row.pointer, row.filled, row.heading]));
  const body = () => part("table").tBodies[0];

  const draw = () => {
    const rows = ours();
    const busy = body().contains(document.activeElement);
    // Nothing moves below the hands of somebody who types.
    if (structure(rows) !== drawn && !busy) {
      drawn = structure(rows);
      if (editable && doc) part("parts").replaceChildren(...mappingParts.below(page));
      body().replaceChildren(...rows.flatMap((row) => (row.heading ? [heading(row), line(row)] : [line(row)])));
    }
    rows.forEach(results);
  };

  const results = (row) => {
    const made = body().querySelector(`tr[data-pointer="${CSS.escape(row.pointer)}"]`);
    if (!made) return;
    const found = shown.results[row.pointer] || [];
    const problem = shown.problems.filter((each) => each.pointer === row.pointer || each.pointer.startsWith(`${row.pointer}/`));
    const cell = made.querySelector(".con-result");
    cell.replaceChildren(...problem.map((each) => make("div", { className: "lrs-fault", textContent: each.reason })),
      ...found.map((each) => make("div", { className: each.error ? "lrs-fault" : "", textContent: each.error ? `${each.error} ${each.suggestion}`.trim() : each.value, title: each.field })));
    const words = made.querySelector("[data-words]");
    if (words) words.title = words.textContent = [...row.steps, row.owner && `owner: ${row.owner}`, row.note].filter(Boolean).join("; ");
  };

  const heading = (row) => make("tr", { className: "con-part", "data-part": row.heading },
    make("td", { colSpan: 4 }, make("span", { textContent: row.heading }), ...(editable ? mappingParts.buttons(row, page) : [])));
  const line = (row) => {
    const isList = row.target.endsWith("(each)");
    const cells = [
      make("td", {}, make("code", { textContent: row.name, title: row.target }), ...(row.required ? [make("small", { textContent: "needed" })] : [])),
      make("td", {}, editable ? source(row, isList) : row.source),
      make("td", {}, ...(isList ? (editable ? [mappingParts.unchosen(row, page)] : []) : rest(row))),
      make("td", { className: "con-result" }),
    ];
    return make("tr", { "data-pointer": row.pointer, className: row.filled ? "" : "con-empty" }, ...cells);
  };

  const source = (row, isList) => {
    if (isList) return input(at(row.pointer), (value) => put(row.pointer, value ?? "."), { "aria-label": row.target });
    const rule = at(row.pointer) || {};
    const constant = "const" in rule;
    const made = input(constant ? rule.const : rule.from, (value) => {
      const now = at(row.pointer) || {};
      if (value === undefined) { put(row.pointer, undefined); return; }
      put(row.pointer, "const" in now ? { ...now, const: value } : { ...now, from: value });
    }, { "aria-label": row.target, placeholder: "not filled" });
    return make("div", {}, ...(constant ? [make("small", { textContent: "always" })] : []), made);
  };

  /* A button that turns a rule from a source field into one with a fixed value, or back. */
  const turned = (row) => {
    const constant = "const" in (at(row.pointer) || {});
    const made = make("button", { type: "button", className: "con-more", textContent: constant ? "From the source instead" : "A fixed value instead" });
    made.addEventListener("click", () => {
      const { from, const: fixed, transform, ...kept } = at(row.pointer) || {};
      put(row.pointer, constant ? { ...kept, from: String(fixed ?? "") || "." } : { ...kept, const: from ?? "" });
      again();
    });
    return made;
  };

  const again = () => { drawn = ""; document.activeElement.blur(); };
  /* What the buttons for whole parts see of this page. */
  const page = {
    at, put, opened: false, kind: () => part("kind").value,
    // Pointers move with the parts before them.
    again: () => { open.clear(); again(); },
    show: (kind, gone) => {
      const select = part("kind");
      if (gone !== undefined && !(gone in samples)) select.querySelector(`option[value="${CSS.escape(gone)}"]`)?.remove();
      if (![...select.options].some((each) => each.value === kind)) select.append(make("option", { value: kind, textContent: kind }));
      select.value = kind;
      select.dispatchEvent(new Event("change"));
    },
  };

  const rest = (row) => {
    const words = make("div", { "data-words": "", className: "con-words" });
    if (!editable || !row.filled) return [words];
    const folded = make("div", { hidden: !open.has(row.pointer) });
    const toggle = make("button", { type: "button", className: "con-more", textContent: "Edit", "aria-expanded": String(open.has(row.pointer)) });
    toggle.addEventListener("click", () => {
      folded.hidden = !folded.hidden;
      toggle.setAttribute("aria-expanded", String(!folded.hidden));
      if (folded.hidden) open.delete(row.pointer); else { open.add(row.pointer); inner(row, folded); }
    });
    if (!folded.hidden) inner(row, folded);
    return [words, toggle, folded];
  };

  const inner = (row, frame) => {
    const change = (name) => (value) => {
      const now = { ...at(row.pointer) };
      if (value === undefined || value === false) delete now[name]; else now[name] = value;
      put(row.pointer, now);
    };
    const rule = at(row.pointer) || {};
    const list = make("ol", { className: "con-steps-of" });
    const transform = () => [...((at(row.pointer) || {}).transform || [])];
    const keep = (next) => change("transform")(next.length ? next : undefined);
    const drawSteps = () => list.replaceChildren(...transform().map((step, place) => transformation(step,
      (value) => { const next = transform(); next[place] = value; keep(next); },
      () => { const next = transform(); next.splice(place, 1); keep(next); drawSteps(); },
      place && (() => { const next = transform(); next.splice(place - 1, 0, ...next.splice(place, 1)); keep(next); drawSteps(); }))));
    drawSteps();
    const more = make("button", { type: "button", className: "con-more", textContent: "Add a transformation" });
    more.addEventListener("click", () => { keep([...transform(), { do: "trim" }]); drawSteps(); });
    const needed = make("input", { type: "checkbox", checked: rule.required === true });
    needed.addEventListener("change", () => change("required")(needed.checked));
    const away = make("button", { type: "button", className: "con-more", textContent: "Remove this rule" });
    away.addEventListener("click", () => { put(row.pointer, undefined); page.again(); });
    frame.replaceChildren(
      ...("const" in rule ? [] : [list]), make("div", {}, ...("const" in rule ? [] : [more]), turned(row), away),
      labelled("Refuse the record where it is empty", needed),
      labelled("Owner", input(rule.owner, change("owner"))), labelled("Note", input(rule.note, change("note"))));
  };

  const offer = () => {
    const found = samples[part("kind").value] || [];
    const select = part("samples");
    select.hidden = found.length < 2;
    select.replaceChildren(...found.map((_, place) => make("option", { value: place, textContent: `Sample ${place + 1}` })));
  };
  const take = (place) => {
    const found = (samples[part("kind").value] || [])[place];
    part("raw").value = found ? JSON.stringify(found, null, 2) : "";
  };

  part("kind").addEventListener("change", () => { offer(); take(0); drawn = ""; ask(); });
  part("samples").addEventListener("change", (event) => { take(Number(event.target.value)); ask(); });
  part("raw").addEventListener("input", later);
  part("document").addEventListener("input", () => { drawn = ""; later(); });
  part("table").addEventListener("focusout", () => setTimeout(draw, 0));
  // The theme warns of nothing; a tab that is closed by mistake would lose what was typed.
  const first = part("document").value;
  let sending = false;
  form.addEventListener("submit", () => { sending = true; });
  addEventListener("beforeunload", (event) => { if (editable && !sending && part("document").value !== first) event.preventDefault(); });
  if (read()) { offer(); draw(); }
})();
