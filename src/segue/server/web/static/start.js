// For somebody new: a few titles to tap, topics, and a sentence. What is left alone counts as not known.

import { announce, api, cover, el, empty, icon, inPath, kindName, language, me, newId, say, trouble } from "./core.js";
import { choosePerson } from "./shell.js";

const place = document.querySelector("[data-start]");
const AT_ONCE = 12;
const shown = new Set(); // topics; titles that were shown are recorded
const told = new Map();

const ask = () => api(`users/${inPath(me())}/onboarding?k=${AT_ONCE}${[...shown].map((one) => `&shown=${inPath(one)}`).join("")}`);

/** One answer, or with `clear` that it is taken back. */
const tell = (kind, about) => api("events", { method: "POST", body: { id: newId(), user_id: me(), kind, at: new Date().toISOString(), source: "onboarding", ...about } });

/** A choice of several for one title or topic: pressing the chosen one again takes it back. */
async function choose(key, kind, about, buttons) {
  const before = told.get(key);
  const next = before === kind ? null : kind;
  try {
    if (before) await tell("clear", about);
    if (next) await tell(next, about);
  } catch (error) {
    announce(error.message);
    return;
  }
  if (next) told.set(key, next);
  else told.delete(key);
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.kind === next));
  count();
}

function choices(key, name, about, kinds, what = "title") {
  const buttons = kinds.map((kind) => el("button", {
    type: "button", class: "choice", "aria-pressed": "false", data: { kind }, "aria-label": say(`start.${kind}.${what}`, { title: name }),
    onclick: () => choose(key, kind, about, buttons),
  }, icon(kind === "dislike" ? "not_interested" : kind), say(`start.${kind}`)));
  return buttons;
}

function title({ item, card }) {
  const name = card.title ?? item;
  const buttons = choices(item, name, { item_id: item }, ["like", "dislike"]);
  return el("li", { class: "ask-card", data: { item } },
    el("div", { class: "cover" }, el("img", { src: cover(item), alt: "", loading: "lazy", decoding: "async", width: 200, height: 200 })),
    el("p", { class: "ask-title" }, name), el("p", { class: "meta" }, [kindName(card.kind), card.released?.slice(0, 4), card.creators[0]].filter(Boolean).join(" · ")),
    el("div", { class: "choices", role: "group", "aria-label": name }, buttons));
}

function topic({ topic: key, name }) {
  return el("li", { class: "ask-topic", data: { topic: key } }, el("span", {}, name[language] ?? name.en), el("span", { class: "choices", role: "group", "aria-label": name[language] ?? name.en }, choices(key, name[language] ?? name.en, { topic: key }, ["like", "dislike"], "topic")));
}

function count() {
  const line = place.querySelector("[data-told]");
  if (line) line.textContent = say("start.told", { count: told.size });
}

/** Titles that were left alone are not known; the next ones follow from all answers. */
async function more(event) {
  const button = event.currentTarget;
  button.disabled = true;
  const left = [...place.querySelectorAll(".ask-card")].map((node) => node.dataset.item);
  try {
    for (const item of left) {
      if (!told.has(item)) await tell("impression", { item_id: item, context: { surface: "onboarding" } });
    }
    for (const node of place.querySelectorAll(".ask-topic")) if (!told.has(node.dataset.topic)) shown.add(node.dataset.topic);
    draw(await ask());
    place.querySelector("h1").focus();
  } catch (error) {
    announce(error.message);
  }
  button.disabled = false;
}

async function sentence(event) {
  event.preventDefault();
  const field = event.target.elements.text;
  const box = place.querySelector("[data-understood]");
  if (!field.value.trim()) return;
  try {
    const found = await api(`users/${inPath(me())}/statements`, { method: "POST", body: { text: field.value } });
    box.replaceChildren(...found.understood.map((one) => el("li", { data: { topic: one.topic } }, say(one.strength > 0 ? "start.likes" : "start.dislikes", { topic: one.name[language] ?? one.topic }))),
      ...found.left_out.map((part) => el("li", { class: "hint" }, say("start.left", { part }))));
    if (!found.understood.length && !found.left_out.length) box.replaceChildren(el("li", { class: "hint" }, say("start.unknown")));
    found.understood.forEach((one) => told.set(one.topic, one.strength > 0 ? "like" : "dislike"));
    count();
  } catch (error) {
    announce(error.message);
  }
}

/** Arrows go from title to title, as in a grid. */
function walk(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const here = event.target.closest(".ask-card");
  if (!step || !here) return;
  const next = step > 0 ? here.nextElementSibling : here.previousElementSibling;
  if (!next) return;
  event.preventDefault();
  next.querySelector(`[data-kind=${event.target.dataset.kind}]`).focus();
}

function draw({ titles, topics }) {
  const words = el("form", { class: "say", onsubmit: sentence },
    el("label", { for: "say" }, say("start.say")),
    el("div", { class: "say-line" }, el("input", { id: "say", name: "text", autocomplete: "off", maxlength: 2000, placeholder: say("start.say.example") }), el("button", {}, say("start.say.send"))),
    el("ul", { class: "plain-list", "data-understood": true, "aria-live": "polite" }));
  const parts = [
    el("h1", { tabindex: -1 }, say("start.title")), el("p", { class: "hint" }, say("start.text")),
    titles.length ? el("ul", { class: "ask-grid", onkeydown: walk }, titles.map(title)) : null,
    topics.length ? el("section", {}, el("h2", {}, say("start.topics")), el("ul", { class: "ask-topics" }, topics.map(topic))) : null,
    !titles.length && !topics.length ? empty(say("start.enough")) : null, words,
    el("div", { class: "buttons start-end" }, el("p", { class: "hint", "data-told": true, role: "status" }),
      titles.length || topics.length ? el("button", { type: "button", class: "quiet", onclick: more }, say("start.more")) : null,
      el("a", { class: "button", href: "./" }, say("start.done"))),
  ];
  place.replaceChildren(...parts.filter(Boolean));
  count();
}

async function begin() {
  place.setAttribute("aria-busy", "false");
  if (!me()) {
    place.replaceChildren(empty(say("person.choose"), el("button", { type: "button", onclick: choosePerson }, say("who.title"))));
    return;
  }
  try {
    draw(await ask());
  } catch (error) {
    place.replaceChildren(trouble(error, begin));
  }
}

await begin();
