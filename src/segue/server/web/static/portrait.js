// The portrait of a person: what is believed about them, line by line with evidence, and what they can do about it.

import { announce, api, el, inPath, itemPage, language, percent, say, when } from "./core.js";

const SORTS = ["topics", "people", "moods", "languages", "habits", "dislikes", "hidden"];
const TURNED = { pin: "unpin", unpin: "pin", lock: "unlock", unlock: "lock", mute: "unmute", unmute: "mute", like: "dislike", dislike: "like" };
const SHOWN = 3;

/** The section for the person page; `changed` is called with the new profile after every edit. */
export function portrait(id, profile, changed) {
  const section = el("section", { class: "portrait", "aria-labelledby": "portrait", data: { portrait: "" } });
  const path = `users/${inPath(id)}/profile`;

  function show(next) {
    section.replaceChildren(...parts(next, edit, reset));
  }

  async function edit(line, action, more = {}) {
    const open = [...section.querySelectorAll("details[open]")].map((node) => node.closest("[data-line]").dataset.line);
    let next;
    try {
      next = await api(path, { method: "PATCH", body: [{ line: line.id, action, ...more }] });
    } catch (error) {
      announce(error.message);
      return;
    }
    show(next);
    changed(next);
    for (const one of section.querySelectorAll("[data-line]")) {
      if (open.includes(one.dataset.line) && one.querySelector("details")) one.querySelector("details").open = true;
    }
    const places = [...section.querySelectorAll("[data-line]")].filter((one) => one.dataset.line === line.id);
    const there = [action, TURNED[action]].flatMap((act) => places.map((one) => one.querySelector(`[data-act="${act}"]`))).find(Boolean);
    (there ?? places[0]?.querySelector("summary") ?? section.querySelector("h2")).focus();
    announce(say(`portrait.did.${action}`, { name: called(line.name) }));
  }

  function reset() {
    const confirm = async () => {
      let next;
      try {
        next = await api(path, { method: "DELETE" });
      } catch (error) {
        announce(error.message);
        return;
      }
      dialog.close();
      show(next);
      changed(next);
      section.querySelector("h2").focus();
      announce(say("portrait.did.reset"));
    };
    const dialog = el("dialog", { class: "ask", "aria-labelledby": "reset-title", onclose: () => dialog.remove() },
      el("h2", { id: "reset-title" }, say("portrait.reset.title")), el("p", {}, say("portrait.reset.goes")), el("p", {}, say("portrait.reset.stays")),
      el("div", { class: "buttons" }, el("button", { type: "button", class: "quiet", autofocus: true, onclick: () => dialog.close() }, say("cancel")),
        el("button", { type: "button", class: "danger", onclick: confirm }, say("portrait.reset.yes"))));
    document.body.append(dialog);
    dialog.showModal();
  }

  async function write() {
    let next;
    try {
      next = await api(`${path}?language=${language}`);
    } catch {
      return; // the text made by code is there
    }
    section.querySelector("[data-words]")?.replaceWith(words(next.portrait));
  }

  show(profile);
  if (profile.portrait.writer && profile.portrait.lines.length) write();
  return section;
}

const called = (name) => name[language] ?? name.en;

function parts(profile, edit, reset) {
  const { lines, forgotten } = profile.portrait;
  const groups = SORTS.map((sort) => [sort, lines.filter((line) => line.sort === sort)]).filter(([, own]) => own.length);
  return [
    el("div", { class: "portrait-head" }, el("h2", { id: "portrait", tabindex: -1 }, say("portrait.title")),
      lines.length ? el("button", { type: "button", class: "quiet", onclick: reset, data: { reset: "" } }, say("portrait.reset")) : null),
    words(profile.portrait),
    groups.length ? el("p", { class: "hint" }, say("portrait.how")) : null,
    el("div", { class: "portrait-sorts" }, groups.map(([sort, own]) => el("section", { class: "panel", "aria-labelledby": `portrait-${sort}` },
      el("h3", { id: `portrait-${sort}` }, say(`portrait.sort.${sort}`)), el("ul", { class: "lines" }, own.map((line) => row(line, profile.titles, edit)))))),
    deleted(forgotten, edit),
  ].filter(Boolean);
}

function words(portrait) {
  const by = portrait.written_by[language];
  return el("div", { class: "portrait-words", data: { words: by } }, el("p", {}, portrait.text[language]),
    by === "language_model" ? el("p", { class: "hint" }, say("portrait.by.model")) : null,
    portrait.degraded.length ? el("p", { class: "hint", role: "status" }, say("portrait.degraded")) : null);
}

function row(line, titles, edit) {
  const name = called(line.name);
  const meter = el("span", { class: "fill" });
  meter.style.width = `${Math.round(100 * Math.abs(line.strength))}%`;
  const marks = [line.state !== "inferred" && say(`portrait.state.${line.state}`), line.pinned && line.state !== "pinned" && say("portrait.state.pinned"),
    line.locked && line.state !== "locked" && say("portrait.state.locked"), line.lately && say("habits.lately")].filter(Boolean);
  return el("li", { data: { line: line.id, state: line.state } },
    el("div", { class: "line-name" }, el("strong", {}, name), marks.map((mark) => el("span", { class: "label" }, mark))),
    line.strength ? el("span", { class: "track", role: "img", "aria-label": say("portrait.strength.of", { share: percent(Math.abs(line.strength)) }) }, meter) : null,
    el("p", {}, line.text[language]), shown(line, titles),
    el("details", {}, el("summary", { "aria-label": say("portrait.change.of", { name }) }, say("portrait.change")),
      el("p", { class: "hint" }, say("portrait.sure", { share: percent(line.confidence) })), proofs(line, titles), controls(line, name, edit)));
}

/** The items that show a line, in one go. */
function shown(line, titles) {
  const items = [...new Set(line.evidence.map((proof) => proof.item).filter(Boolean))].slice(0, SHOWN);
  return items.length ? el("p", { class: "shown" }, say("portrait.evidence"), " ", items.flatMap((item, n) => [n ? " · " : "", el("a", { href: itemPage(item) }, titles[item] ?? item)])) : null;
}

/** What was done, said or chosen, with its time. */
function proofs(line, titles) {
  if (!line.evidence.length) return null;
  return el("ul", { class: "proofs", "aria-label": say("portrait.evidence") }, line.evidence.map((proof) => el("li", {},
    say(`event.${proof.kind}`), proof.item ? el("span", {}, titles[proof.item] ?? proof.item) : null, proof.at ? el("span", {}, when(proof.at * 1000)) : null)));
}

function controls(line, name, edit) {
  const can = new Set(line.actions);
  const button = (action, more, text = action, look = "quiet") => (can.has(action)
    ? el("button", { type: "button", class: `${look} small`, data: { act: action }, "aria-label": say("portrait.act.of", { act: say(`portrait.act.${text}`), name }),
      onclick: () => edit(line, action, more) }, say(`portrait.act.${text}`)) : null);
  const slider = can.has("strength") && line.strength ? el("input", { type: "range", min: 0.05, max: 1, step: 0.05, value: Math.max(0.05, Math.abs(line.strength)), data: { act: "strength" },
    onchange: (event) => edit(line, "strength", { value: Number(event.target.value) }) }) : null;
  return el("div", { class: "line-controls" },
    slider && el("label", {}, el("span", {}, say("portrait.strength")), slider),
    el("div", { class: "buttons" }, button("like"), button("dislike"), button("pin"), button("unpin"), button("lock"), button("unlock"),
      button("mute", { days: 30 }, "mute.month"), button("mute"), button("unmute"), button("delete", {}, "delete", "remove")));
}

function deleted(forgotten, edit) {
  if (!forgotten.length) return null;
  return el("section", { class: "forgotten", "aria-labelledby": "portrait-deleted" }, el("h3", { id: "portrait-deleted" }, say("portrait.deleted")),
    el("p", { class: "hint" }, say("portrait.deleted.how")),
    el("ul", { class: "chips" }, forgotten.map((line) => el("li", { data: { line: line.id } },
      el("button", { type: "button", class: "chip", data: { act: "restore" }, onclick: () => edit(line, "restore") },
        say("portrait.restore", { name: called(line.name) }))))));
}
