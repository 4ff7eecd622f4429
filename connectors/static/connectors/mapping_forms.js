/* Forms of the named transformations, made from the JSON Schema of mapping documents: what a transformation may
   hold is written there and nowhere here. Each control gets a value and a function that takes the next one. */
"use strict";
const mappingForms = (() => {
  const schema = () => mappingForms.known || (mappingForms.known = JSON.parse(document.getElementById("map-schema").textContent));

  const make = (tag, options = {}, ...inner) => {
    const made = document.createElement(tag);
    Object.entries(options).forEach(([name, value]) => { if (name in made) made[name] = value; else made.setAttribute(name, value); });
    made.append(...inner);
    return made;
  };
  const labelled = (text, control, hint) => make("label", { className: "con-labelled" }, make("span", { textContent: text, title: hint || "" }), control);
  const said = (name) => name.replace(/_/g, " ").replace(/^./, (letter) => letter.toUpperCase());
  const followed = (about) => (about.$ref ? schema()[about.$ref.split("/").pop()] : about);
  // A value that was no text stays what it was as long as it reads the same.
  const typed = (before, text) => (before !== undefined && typeof before !== "string" && String(before) === text ? before : text);

  const input = (value, set, more = {}) => {
    const made = make("input", { type: "text", value: value ?? "", ...more });
    made.addEventListener("input", () => set(made.value === "" ? undefined : typed(value, made.value)));
    return made;
  };
  const chosen = (options, value, set) => {
    const made = make("select", {}, ...options.map(([key, text]) => make("option", { value: key, textContent: text, selected: key === String(value ?? "") })));
    made.addEventListener("change", () => set(made.value));
    return made;
  };
  const rowsOf = (value, set, read, hint) => {
    const made = make("textarea", { rows: Math.min(8, Math.max(2, value.split("\n").length)), value, placeholder: hint, spellcheck: false });
    made.addEventListener("input", () => set(read(made.value)));
    return made;
  };

  const pairs = (value, set) => rowsOf(
    Object.entries(value || {}).map(([from, to]) => `${from} = ${to ?? ""}`).join("\n"), set,
    (text) => Object.fromEntries(text.split("\n").filter((line) => line.trim()).map((line) => {
      // What a source writes may hold the sign itself; what the hub calls things never does.
      const place = line.includes("=") ? line.lastIndexOf("=") : line.length;
      const name = line.slice(0, place).trim();
      return [name, typed((value || {})[name], line.slice(place + 1).trim())];
    })), "A = active");
  const several = (value, set) => rowsOf((value || []).join("\n"), set,
    (text) => text.split("\n").map((line) => line.trim()).filter(Boolean), "one on each line");

  const condition = (value, set) => {
    const now = { ...(value || { present: true }) };
    const kinds = ["equals", "in", "present", "matches"];
    const kind = () => kinds.find((each) => each in now) || "present";
    const frame = make("div");
    const draw = () => {
      const used = kind();
      const keep = (next) => { if (next === undefined) now[used] = used === "in" ? [] : ""; else now[used] = next; set({ ...now }); };
      const operand = used === "present" ? chosen([["true", "there"], ["false", "empty"]], now.present, (next) => keep(next === "true"))
        : used === "in" ? several(now.in, keep) : input(now[used], keep);
      const path = input(now.path, (next) => { if (next === undefined) delete now.path; else now.path = next; set({ ...now }); }, { placeholder: "the value itself" });
      const picked = chosen(kinds.map((each) => [each, { equals: "is", in: "is one of", present: "is there or empty", matches: "fits the pattern" }[each]]), used, (next) => {
        kinds.forEach((each) => delete now[each]);
        now[next] = { equals: "", in: [], present: true, matches: "" }[next];
        set({ ...now });
        draw();
      });
      frame.replaceChildren(make("div", { className: "con-pair" }, path, picked), operand);
    };
    draw();
    return frame;
  };

  const branch = (value, set) => {
    const isRule = value !== null && typeof value === "object";
    const simple = isRule && Object.keys(value).every((name) => name === "from");
    if (isRule && !simple) return rowsOf(JSON.stringify(value, null, 1), set, (text) => { try { return JSON.parse(text); } catch { return value; } }, "");
    const frame = make("div", { className: "con-pair" });
    let kind = simple ? "from" : "value";
    const draw = (now) => frame.replaceChildren(
      chosen([["value", "the value"], ["from", "the source field"]], kind, (next) => { kind = next; set(next === "from" ? { from: String(now ?? "") || "." } : String(now ?? "")); draw(now); }),
      input(now, (next) => set(kind === "from" ? { from: next || "." } : next ?? "")));
    draw(simple ? value.from : value);
    return frame;
  };

  const control = (name, about, value, set) => {
    const ref = (about.$ref || "").split("/").pop();
    const own = followed(about);
    if (ref === "condition") return condition(value, set);
    if (own.anyOf) return branch(value, set);
    if (own.enum) return chosen([["", "–"], ...own.enum.map((each) => [each, each === " " ? "blank" : each])], value, (next) => set(next === "" ? undefined : next));
    if (own.type === "boolean") {
      const made = make("input", { type: "checkbox", checked: value === true });
      made.addEventListener("change", () => set(made.checked || undefined));
      return made;
    }
    if (own.type === "integer" || own.type === "number") {
      const made = make("input", { type: "number", value: value ?? "", step: own.type === "integer" ? 1 : "any" });
      made.addEventListener("input", () => set(made.value === "" ? undefined : Number(made.value)));
      return made;
    }
    if (own.type === "array") return several(value, set);
    if (own.type === "object") return pairs(value, set);
    return input(value, set);
  };

  const initial = (about) => {
    const own = followed(about);
    if (about.$ref && about.$ref.endsWith("/condition")) return { present: true };
    if (own.type === "object") return {};
    if (own.type === "array") return ["."];
    if (own.type === "integer") return own.minimum > 0 ? own.minimum : 0;
    return own.type === "string" && own.maxLength === 60 ? "iso" : own.minLength ? "," : "";
  };

  /* One transformation: its name and a control for each thing it may hold. */
  const transformation = (step, set, remove, earlier) => {
    const frame = make("li");
    const names = followed({ $ref: "#/$defs/transformation" }).properties.do.enum;
    let now = { ...step };
    const draw = () => {
      const about = schema()[`do_${now.do}`];
      const put = (name) => (value) => {
        now = { ...now };
        if (value === undefined && !about.required.includes(name)) delete now[name]; else now[name] = value ?? "";
        set(now);
      };
      const head = chosen(names.map((each) => [each, schema()[`do_${each}`].title]), now.do, (next) => {
        const needed = schema()[`do_${next}`];
        now = { do: next };
        needed.required.filter((name) => name !== "do").forEach((name) => { now[name] = initial(needed.properties[name]); });
        set(now);
        draw();
      });
      const away = make("button", { type: "button", className: "con-more", textContent: "remove" });
      away.addEventListener("click", remove);
      const up = make("button", { type: "button", className: "con-more", textContent: "earlier", hidden: !earlier });
      up.addEventListener("click", () => earlier());
      const controls = Object.entries(about.properties).filter(([name]) => name !== "do")
        .map(([name, inner]) => labelled(said(name), control(name, inner, now[name], put(name)), followed(inner).description));
      frame.replaceChildren(make("div", { className: "con-pair" }, head, make("span", {}, up, away)), ...controls);
    };
    draw();
    return frame;
  };

  return { make, labelled, input, pairs, transformation, schema, known: null };
})();
