/* The live progress of a run: asks once a second how far it is, and shows the whole page anew when it is over.
   Without scripts the page says the same of the moment it was made. */
"use strict";
(() => {
  const frame = document.getElementById("run-progress");
  if (!frame || !frame.dataset.progress) return;
  const part = (name) => document.getElementById(`run-${name}`);
  const apart = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
  let before = null;
  let failures = 0;

  const pace = (told) => {
    const now = performance.now();
    const rate = before && told.counts.records > before.records ? ((told.counts.records - before.records) * 1000) / (now - before.at) : told.rate;
    before = { records: told.counts.records, at: now };
    const said = rate ? [`${rate < 10 ? rate.toFixed(1) : Math.round(rate)} records/s`] : [];
    if (told.seconds) said.push(`${Math.round(told.seconds)} s`);
    return said.join(", ");
  };

  const waits = (told) => {
    if (told.next_attempt !== null) return `Tried again in ${told.next_attempt} s.`;
    if (told.state === "waiting") return "Waiting for a worker of the hub.";
    return told.silent !== null && told.silent > 20 ? `Its process was last heard of ${told.silent} s ago.` : "";
  };

  const show = (told) => {
    for (const [name, count] of Object.entries(told.counts)) part(name).textContent = apart(count);
    part("expected").textContent = told.expected ? ` of ${apart(told.expected)}` : "";
    part("state").firstElementChild.textContent = told.label;
    part("pace").textContent = pace(told);
    part("attempt").textContent = told.failures ? `${told.attempt}, ${told.failures} failed without progress` : told.attempt;
    part("checkpoint").textContent = told.checkpoint || "the beginning";
    part("waits").textContent = waits(told);
    const message = part("message");
    if (message) { message.hidden = !told.message; message.textContent = told.message; }
    if (told.percent === null) part("bar").removeAttribute("value"); else part("bar").value = told.percent;
  };

  const ask = async () => {
    try {
      const answer = await fetch(frame.dataset.progress, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const told = await answer.json();
      failures = 0;
      show(told);
      if (!told.under_way) { location.reload(); return; }
    } catch {
      failures += 1;
      part("waits").textContent = "The hub does not answer; asking again.";
    }
    setTimeout(ask, Math.min(1000 * 2 ** failures, 30000));
  };
  setTimeout(ask, 1000);
})();
