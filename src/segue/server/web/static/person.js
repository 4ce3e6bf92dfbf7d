// A person: what Segue knows, what it makes of it, and how to take it away or delete it.

import { announce, api, become, duration, el, empty, inPath, itemPage, kindName, language, me, person, say, trouble, when } from "./core.js";
import { bars } from "./charts.js";
import { habits } from "./habits.js";
import { portrait } from "./portrait.js";
import { choosePerson, face } from "./shell.js";

const place = document.querySelector("[data-person]");
const id = new URLSearchParams(location.search).get("id") ?? me();

async function begin() {
  place.setAttribute("aria-busy", "false");
  if (!id) {
    place.replaceChildren(empty(say(person() ? "person.nobody" : "person.choose"), el("button", { type: "button", onclick: choosePerson }, say("who.title"))));
    return;
  }
  let profile, history, patterns;
  try {
    [profile, history, patterns] = await Promise.all([api(`users/${inPath(id)}/profile?written=false`), api(`users/${inPath(id)}/history?limit=50`), api(`users/${inPath(id)}/patterns`)]);
  } catch (error) {
    place.replaceChildren(trouble(error, begin));
    return;
  }
  document.title = `${id} · Segue`;
  const head = el("header", { class: "person-head" }, face(id), el("div", {}, el("h1", {}, id), el("p", { class: "hint" }, say("person.events", { count: profile.events ?? history.length }))),
    el("div", { class: "buttons" },
      id === me() && !history.length && el("a", { class: "button", href: "start" }, say("start.invite.go")),
      el("a", { class: "button quiet", href: `v1/users/${inPath(id)}/export`, download: "segue-export.jsonl" }, say("person.export")),
      el("button", { type: "button", class: "danger", onclick: erase }, say("person.erase"))));
  let leanings = taste(profile);
  const lines = portrait(id, profile, (changed) => {
    const fresh = taste(changed);
    leanings.replaceWith(fresh);
    leanings = fresh;
  });
  place.replaceChildren(head, lines, el("div", { class: "person" }, el("div", {}, leanings, habits(patterns)), past(history)));
}

function taste(profile) {
  const title = (item) => profile.titles[item] ?? item;
  const shown = (entry, name) => ({ name, share: entry.share, note: entry.items?.length ? say("person.because", { titles: entry.items.slice(0, 2).map((i) => `“${title(i)}”`).join(language === "zh" ? "、" : ", ") }) : null });
  const group = (heading, entries, naming = (name) => name) => entries?.length
    ? el("section", { class: "panel" }, el("h3", {}, say(heading)), bars(entries.slice(0, 6).map((e) => shown(e, naming(e.name))))) : null;
  const titles = (heading, ids) => ids?.length
    ? el("section", { class: "panel" }, el("h3", {}, say(heading)), el("ul", { class: "plain-list" }, ids.slice(0, 6).map((i) => el("li", {}, el("a", { href: itemPage(i) }, title(i)))))) : null;
  const parts = [group("person.genres", profile.genres), group("person.creators", profile.creators), group("person.kinds", profile.kinds, kindName),
    group("person.tags", profile.tags), titles("person.liked", profile.liked), titles("person.disliked", profile.disliked)].filter(Boolean);
  return el("section", { "aria-labelledby": "taste" }, el("h2", { id: "taste" }, say("person.taste")),
    el("p", { class: "hint" }, say("person.taste.how")), parts.length ? el("div", { class: "panels" }, parts) : empty(say("person.nothing")));
}

function past(history) {
  const line = ({ event, card }) => el("li", {}, el("span", { class: "event", data: { kind: event.kind } }, say(`event.${event.kind}`)),
    el("span", { class: "what" }, card ? el("a", { href: itemPage(card.id) }, card.title ?? card.id) : event.item_id ?? event.topic ?? event.text ?? "",
      event.text && el("q", {}, event.text)),
    el("span", { class: "detail" }, [event.kind === "rate" && `${event.value}/${event.scale?.[1]}`, event.played_s && duration(event.played_s), event.at && when(event.at)].filter(Boolean).join(" · ")));
  return el("section", { "aria-labelledby": "past" }, el("h2", { id: "past" }, say("person.history")),
    history.length ? el("ol", { class: "history" }, history.map(line)) : empty(say("person.nothing")));
}

function erase() {
  const confirm = async () => {
    try {
      await api(`users/${inPath(id)}`, { method: "DELETE" });
    } catch (error) {
      announce(error.message);
      return;
    }
    dialog.close();
    if (id === me()) become(null);
    sessionStorage.clear();
    place.replaceChildren(el("div", { class: "empty", role: "status", tabindex: -1 }, el("p", {}, say("person.erased", { id })), el("a", { href: "./" }, say("item.back"))));
    place.firstChild.focus();
  };
  const dialog = el("dialog", { class: "ask", "aria-labelledby": "erase-title", onclose: () => dialog.remove() },
    el("h2", { id: "erase-title" }, say("person.erase.title", { id })), el("p", {}, say("person.erase.text")),
    el("div", { class: "buttons" }, el("button", { type: "button", class: "quiet", autofocus: true, onclick: () => dialog.close() }, say("cancel")),
      el("button", { type: "button", class: "danger", onclick: confirm }, say("person.erase.yes"))));
  document.body.append(dialog);
  dialog.showModal();
}

await begin();
