// Home: how somebody feels, and a row that answers it. The choice stands in the address, so that going back keeps it.

import { announce, api, el, language, me, say } from "./core.js";
import { Row } from "./cards.js";

const K = 14;
const form = document.querySelector("[data-mood]");
const field = form.elements.feel;
const chips = form.querySelector("[data-moods]");
const understood = form.querySelector("[data-understood]");
const answerBox = document.querySelector("[data-mood-answer]");
const asked = new URLSearchParams(location.search);
let chosen = asked.getAll("mood");
let names = {};
let row = null;

/** Chips of the vocabulary and the field. `onevent`: after the person has said something about a card. */
export async function feel(onevent) {
  field.value = asked.get("feel") ?? "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(onevent);
  });
  form.querySelector("[data-clear]").addEventListener("click", () => {
    chosen = [];
    field.value = "";
    field.focus();
    ask(onevent);
  });
  let vocabularies;
  try {
    vocabularies = await api("vocabularies");
  } catch (error) {
    announce(error.message);
    return;
  }
  const moods = vocabularies.moods ?? [];
  names = Object.fromEntries(moods.map(({ label, zh }) => [label, language === "zh" && zh ? zh : label]));
  chosen = chosen.filter((mood) => Object.hasOwn(names, mood));
  chips.replaceChildren(...moods.map(({ label }) => el("button", { type: "button", class: "chip", data: { mood: label }, "aria-pressed": "false", onclick: () => {
    chosen = chosen.includes(label) ? chosen.filter((one) => one !== label) : [...chosen, label];
    ask(onevent);
  } }, names[label])));
  form.hidden = false;
  if (chosen.length || field.value) await ask(onevent);
}

/** Ask again, after the person has done something. */
export async function feelAgain() {
  await row?.refresh();
}

async function ask(onevent) {
  const words = field.value.trim();
  const address = new URLSearchParams([...chosen.map((mood) => ["mood", mood]), ...(words ? [["feel", words]] : [])]);
  history.replaceState(null, "", address.size ? `?${address}` : location.pathname);
  for (const chip of chips.children) chip.setAttribute("aria-pressed", String(chosen.includes(chip.dataset.mood)));
  form.querySelector("[data-clear]").hidden = !address.size;
  if (!address.size) {
    row?.drop();
    answerBox.replaceChildren();
    showUnderstood([], onevent);
    row = null;
    return;
  }
  const fetch = () => api("recommendations", { method: "POST", body: {
    user_id: me(), personal: Boolean(me()), recipe: "mood", k: K, language, cards: true, moods: chosen, words: words || null, context: { surface: "mood" },
  } });
  if (!row) {
    row = new Row({ id: "mood", title: say("mood.row"), fetch, onevent, onshown: (answer) => showUnderstood(answer.understood ?? [], onevent) });
    answerBox.replaceChildren(row.node);
  }
  row.fetch = fetch;
  await row.refresh();
}

/** What was understood; a press takes that part back. What was chosen is taken back by its own chip above. */
function showUnderstood(parts, onevent) {
  const told = parts.filter(({ what }) => what !== "stated");
  const read = parts.length > 0;
  const nothing = !read && field.value.trim() ? [el("li", { class: "hint" }, say("mood.undecided"))] : [];
  understood.hidden = !told.length && !nothing.length;
  understood.replaceChildren(...nothing, ...(told.length ? [el("li", { class: "hint" }, say("search.understood"))] : []),
    ...told.map((part) => el("li", {}, part.what === "session" ? el("span", { class: "chip" }, part.said)
      : el("button", { type: "button", class: "chip", title: say("search.takeback", { text: part.text }), "aria-label": say("search.takeback", { text: part.said }), onclick: () => {
        field.value = part.without;
        field.focus();
        ask(onevent);
      } }, part.said, " ×"))));
}
