/* Whole parts of a mapping, added and removed: names, identifiers, employments and assignments of a record, what a
   source record becomes, kinds of source records, tables for look-ups. Which parts a part may hold is written in the
   JSON Schema of mapping documents. Every change is made in the document; the page asks what it means as after any. */
"use strict";
const mappingParts = (() => {
  const { make, labelled, input, pairs } = mappingForms;
  const schema = () => mappingForms.schema();
  const CALLED = { names: "a name", identifiers: "an identifier", relationships: "an employment", assignments: "an assignment" };
  /* What a new part begins with; “.” is a source field nobody has named yet. */
  const RULE = { from: "." };
  const NEW = {
    names: () => ({ formatted: { ...RULE } }),
    identifiers: () => ({ type: { const: "email" }, value: { ...RULE } }),
    relationships: () => ({ worker_type: { const: "employee" }, hire_date: { ...RULE } }),
    assignments: () => ({ unit: { ...RULE } }),
  };
  const RECORD = { unit: ["name"], job: ["title"], location: ["name"] };

  const steps = (pointer) => pointer.split("/").slice(1).map((each) => each.replace(/~1/g, "/").replace(/~0/g, "~"));
  const step = (text) => text.replace(/~/g, "~0").replace(/\//g, "~1");
  const button = (text, act, label) => {
    const made = make("button", { type: "button", className: "con-more", textContent: text });
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };

  /* The part a row belongs to: the element of the list, or the record. */
  const partOf = (row) => row.pointer.split("/").slice(0, -1).join("/").replace(/\/fields$/, "");
  /* Name of the list in the schema → where its fields are described. */
  const listed = (about) => Object.entries(about.properties)
    .filter(([, each]) => (each.$ref || "").includes("/list_of_"))
    .map(([name, each]) => [name, each.$ref.split("/list_of_").pop()]);
  const described = (pointer, page) => {
    const [, kind, , number, ...inner] = steps(pointer);
    const record = page.at(`/records/${step(kind)}/emit/${number}`);
    return inner.reduce((about, each) => {
      const list = listed(about).find(([name]) => name === each);
      return list ? schema()[`fields_of_${list[1]}`] : about;
    }, schema()[`fields_of_${record.record}`]);
  };
  const fieldsAt = (pointer, page) => ("fields" in page.at(pointer) ? `${pointer}/fields` : pointer);

  const add = (pointer, name, page) => {
    const place = `${fieldsAt(pointer, page)}/${name}`;
    const now = page.at(place);
    const before = now === undefined ? [] : Array.isArray(now) ? now : [now];
    page.put(place, [...before, NEW[name]()]);
  };
  const remove = (pointer, page) => {
    const path = pointer.split("/");
    const last = path.pop();
    const holder = path.join("/");
    const now = page.at(holder);
    if (!Array.isArray(now)) { page.put(pointer, undefined); return; }
    const rest = now.filter((_, place) => place !== Number(last));
    page.put(holder, rest.length ? rest : undefined);
  };
  /* “For each” and “only if” choose a part; one that has none holds its fields directly. */
  const choose = (pointer, name, page) => {
    const now = page.at(pointer);
    page.put(pointer, { [name]: name === "each" ? "." : { ...RULE }, ...("fields" in now ? now : { fields: now }) });
  };

  /* The buttons beside the heading of a part. */
  const buttons = (row, page) => {
    const pointer = partOf(row);
    const now = page.at(pointer);
    if (!now) return [];
    const emitted = /^\/records\/[^/]+\/emit\/\d+$/.test(pointer);
    const only = emitted && page.at(pointer.replace(/\/\d+$/, "")).length < 2;
    const act = (change) => () => { change(); page.again(); };
    return [
      ...listed(described(pointer, page)).map(([name]) => button(`Add ${CALLED[name]}`, act(() => add(pointer, name, page)))),
      ..."each" in now ? [] : [button("For each…", act(() => choose(pointer, "each", page)), `For each: ${row.heading}`)],
      ..."when" in now ? [] : [button("Only if…", act(() => choose(pointer, "when", page)), `Only if: ${row.heading}`)],
      ...only ? [] : [button("Remove", act(() => remove(pointer, page)), `Remove ${row.heading}`)],
    ];
  };

  /* What chooses a part, taken away: the part is there once, or always. */
  const unchosen = (row, page) => button("Remove", () => {
    page.put(row.pointer, undefined);
    page.again();
  }, `Remove ${row.target}`);

  const picked = (options, label) => make("select", { "aria-label": label }, ...options.map((each) => make("option", { value: each, textContent: each })));

  /* Below the table: what a record of this kind becomes besides, and kinds of records. */
  const records = (page) => {
    const kind = page.kind();
    const record = picked(schema().emit.properties.record.enum, "What it becomes");
    const name = make("input", { type: "text", placeholder: "kind of source record", "aria-label": "Kind of source record", maxLength: 50 });
    const emit = (of) => ({ record: of, fields: Object.fromEntries(["key", ...(RECORD[of] || [])].map((each) => [each, { ...RULE }])) });
    const more = button("Add what it becomes", () => {
      const holder = `/records/${step(kind)}`;
      const now = page.at(holder);
      if (now) page.put(`${holder}/emit`, [...now.emit, emit(record.value)]); else page.put(holder, { emit: [emit(record.value)] });
      page.again();
    });
    const another = button("Add a kind", () => {
      const wanted = name.value.trim();
      if (!wanted) { name.focus(); return; }
      if (!page.at(`/records/${step(wanted)}`)) page.put(`/records/${step(wanted)}`, { emit: [emit("worker")] });
      page.show(wanted);
    });
    const known = Object.keys(page.at("/records") || {});
    const away = button(`Remove the kind “${kind}”`, () => {
      page.put(`/records/${step(kind)}`, undefined);
      page.show(known.find((each) => each !== kind), kind);
    });
    return [
      make("div", { className: "con-parts" }, make("span", { textContent: `A record “${kind}” becomes also` }), record, more),
      make("div", { className: "con-parts" }, name, another, ...(known.includes(kind) && known.length > 1 ? [away] : [])),
    ];
  };

  const tables = (page) => {
    const known = page.at("/tables") || {};
    const keep = (next) => page.put("/tables", Object.keys(next).length ? next : undefined);
    const now = () => page.at("/tables") || {};
    const frame = make("details", { className: "con-tables", open: Object.keys(known).length > 0 && page.opened }, make("summary", { textContent: `Tables to look up in (${Object.keys(known).length})` }));
    frame.addEventListener("toggle", () => { page.opened = frame.open; });
    Object.entries(known).forEach(([name, content]) => {
      let called = name;
      const title = input(name, (next) => {
        if (!next || (next !== called && next in now())) return;
        keep(Object.fromEntries(Object.entries(now()).map(([key, each]) => [key === called ? next : key, each])));
        called = next;
      }, { "aria-label": "Name of the table" });
      frame.append(make("div", { className: "con-table-of" }, labelled("Name", title),
        labelled("Entries", pairs(content, (next) => keep({ ...now(), [called]: next }))),
        button("Remove the table", () => { const { [called]: _, ...rest } = now(); keep(rest); page.again(); }, `Remove the table ${name}`)));
    });
    frame.append(button("Add a table", () => {
      let number = 1;
      while (`table ${number}` in now()) number += 1;
      keep({ ...now(), [`table ${number}`]: {} });
      page.opened = true;
      page.again();
    }));
    return frame;
  };

  const below = (page) => [...records(page), tables(page)];

  return { buttons, unchosen, below };
})();
