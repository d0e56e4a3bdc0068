/* Comfort only: every page works without this file. */
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Rows: j and k choose, Enter opens; the place is kept for the way back.
  const rows = $$("tr[data-href], li[data-href]");
  let chosen = -1;
  const choose = (index) => {
    if (!rows.length) return;
    rows[chosen]?.classList.remove("chosen");
    chosen = Math.max(0, Math.min(rows.length - 1, index));
    rows[chosen].classList.add("chosen");
    rows[chosen].scrollIntoView({ block: "nearest" });
    const link = $("a", rows[chosen]);
    if (link) link.focus({ preventScroll: true });
  };
  for (const row of rows) {
    row.addEventListener("click", (event) => {
      if (event.target.closest("a, button, input, summary, label") || getSelection().toString()) return;
      location.assign(row.dataset.href);
    });
    row.classList.add("clickable");
  }

  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      if (event.key === "Enter") {
        const form = event.target.closest("form[data-main]") || $("form[data-main]");
        if (form) { event.preventDefault(); form.requestSubmit($("[data-submit]", form)); }
      }
      return;
    }
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (typing(event.target) || $("dialog[open]")) return;
    // A Thai keyboard sends Thai letters from the same keys.
    const key = { "ื": "n", "ห": "s", "พ": "r", "่": "j", "า": "k", "แ": "c", "ฝ": "/", "ฦ": "?" }[event.key] || event.key;
    if (key === "/") { const box = $("#top-search"); if (box) { event.preventDefault(); box.focus(); box.select(); } }
    else if (key === "j") choose(chosen + 1);
    else if (key === "k") choose(chosen - 1);
    else if (key === "c") $("[data-copy-key]")?.click();
    else if (key === "?") $("#keys")?.showModal();
    else if (/^[a-z]$/.test(key) && document.body.getAttribute(`data-jump-${key}`)) location.assign(document.body.getAttribute(`data-jump-${key}`));
  });

  // Copy the number with one key.
  for (const button of $$("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = button.dataset.copy;
      try { await navigator.clipboard.writeText(text); } catch {
        const box = document.createElement("textarea");
        box.value = text; document.body.append(box); box.select(); document.execCommand("copy"); box.remove();
      }
      const words = $("span", button);
      words.textContent = button.dataset.copied;
    });
  }
  for (const button of $$("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const stamp = button.dataset.print === "stamp";
      document.documentElement.classList.toggle("print-stamp", stamp);
      window.print();
      document.documentElement.classList.remove("print-stamp");
    });
  }
  // A browser gives autofocus only with the first picture; a clerk who types at once would lose a letter.
  ($("[aria-invalid=true]") || $("[data-focus-first]") || $("[data-focus]") || $("[autofocus]"))?.focus();
  // The field for the next letter has the cursor; the number just issued must still be seen.
  if ($(".issued")) addEventListener("load", () => scrollTo(0, 0));

  // Registering twice by a double click does no harm on the node; the button still shows that it heard.
  for (const form of $$("form[data-once]")) {
    form.addEventListener("submit", () => setTimeout(() => { for (const b of $$("button", form)) b.disabled = true; }));
  }
  window.addEventListener("pageshow", () => { for (const b of $$("form[data-once] button")) b.disabled = false; });
  for (const choice of $$("select[data-go]")) choice.addEventListener("change", () => choice.form.requestSubmit());

  // Half-written forms are kept on the node, two seconds after the last key.
  for (const form of $$("form[data-draft]")) {
    const said = $("[data-draft-said]");
    let timer = 0, last = "";
    const fields = () => {
      const data = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (typeof value === "string") data.append(name, value);
      return data;
    };
    last = fields().toString();
    const keep = async () => {
      const data = fields(), text = data.toString();
      if (text === last) return;
      try {
        const answer = await fetch(form.dataset.draft, { method: "POST", body: data, redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        last = text;
        if (said) said.textContent = said.dataset.draftSaid;
      } catch { if (said) said.textContent = said.dataset.draftFailed; }
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, 1500); });
    form.addEventListener("submit", () => clearTimeout(timer));
  }

  // Files dropped beside the form go into its file field.
  for (const drop of $$(".drop")) {
    const input = $("input[type=file]", drop), list = $("[data-files]", drop);
    const show = () => {
      if (!list) return;
      list.replaceChildren(...[...input.files].map((file) => {
        const line = document.createElement("li");
        line.textContent = `${file.name} · ${Math.max(1, Math.round(file.size / 1024))} KB`;
        return line;
      }));
    };
    const problem = $("[data-file-problem]", drop), most = Number(drop.dataset.most) * 1048576;
    input.addEventListener("change", () => {
      show();
      const big = most && [...input.files].reduce((sum, file) => sum + file.size, 0) > most;
      if (problem) { problem.hidden = !big; problem.textContent = big ? drop.dataset.tooBig : ""; }
      input.setCustomValidity(big ? drop.dataset.tooBig : "");
    });
    for (const name of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", name === "dragover");
        if (name === "drop" && event.dataTransfer.files.length) { input.files = event.dataTransfer.files; input.dispatchEvent(new Event("change")); }
      });
    }
  }
  // A long list of offices is narrowed while typing.
  for (const box of $$("[data-narrow]")) {
    box.hidden = false;
    const lines = $$("label", document.getElementById(box.dataset.narrow));
    box.addEventListener("input", () => {
      const words = box.value.trim().toLowerCase();
      for (const line of lines) line.hidden = words !== "" && !line.textContent.toLowerCase().includes(words) && !$("input", line).checked;
    });
  }
  // What takes a while shows how far it is; when it has ended the page is made anew.
  for (const card of $$("[data-progress]")) {
    const bar = $("progress", card), step = $("[data-progress-step]", card), share = $("[data-progress-share]", card);
    const look = async () => {
      try {
        const answer = await fetch(card.dataset.progress, { headers: { Accept: "application/json" } });
        const told = await answer.json();
        if (!answer.ok || !(told.running || told.waiting)) { location.reload(); return; }
        if (told.running) { bar.value = told.share; step.textContent = told.step; share.textContent = share.dataset.thai === undefined ? told.share : String(told.share).replace(/[0-9]/g, (one) => "๐๑๒๓๔๕๖๗๘๙"[one]); }
      } catch { /* no answer: the next look may have one */ }
      setTimeout(look, 1500);
    };
    setTimeout(look, 1000);
  }
  for (const menu of $$("details.menu")) {
    document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("keydown", (event) => { if (event.key === "Escape") { menu.open = false; $("summary", menu).focus(); } });
  }
})();
