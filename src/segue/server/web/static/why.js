// Why this, and why not that: a drawer with the evidence, what it weighs, and what one can do about it.

import { announce, api, cover, el, icon, inPath, itemPage, kindName, language, me, named, newId, number, percent, record, say, told } from "./core.js";
import { bars } from "./charts.js";
import { entityPage } from "./knowledge.js";

const CHOICES = ["like", "not_interested", "already_seen"];
const UNMEASURED = ["shared", "fact", "place"];
const MOST_TOPICS = 3;

/** Open the drawer of a pick. `surface`: where its card stands; `onevent`: called after the person has said something. */
export function openWhy(pick, { surface, onevent } = {}) {
  const item = pick.card;
  const name = item.title ?? item.id;
  const body = el("div", { class: "drawer-body" });
  const dialog = el("dialog", { class: "drawer", "aria-labelledby": "why-title", onclose: () => dialog.remove(), onclick: (event) => event.target === dialog && dialog.close() },
    el("header", { class: "drawer-head" },
      el("img", { src: cover(item.id), alt: "", width: 72, height: 72 }),
      el("div", {}, el("p", { class: "kicker" }, say("why.title")),
        el("h2", { id: "why-title", tabindex: -1 }, el("a", { href: itemPage(item.id) }, name)),
        el("p", { class: "meta" }, [kindName(item.kind), item.creators[0]].filter(Boolean).join(" · "))),
      el("button", { type: "button", class: "plain", "aria-label": say("close"), autofocus: true, onclick: () => dialog.close() }, icon("close"))),
    body);
  const show = (account, problem) => body.replaceChildren(...parts(pick, { account, problem, surface, onevent: heard }));
  /** The person has said something: the account follows, and so do the lists of the page. */
  const heard = (kind) => {
    onevent ? onevent(kind, item) : told();
    load();
  };
  const load = async () => {
    try {
      show(await api(`explanations?user=${inPath(me())}&item=${inPath(item.id)}&language=${language}&level=full`));
    } catch (error) {
      show(null, error);
    }
  };
  show(null);
  document.body.append(dialog);
  dialog.showModal();
  if (me()) load();
  else body.append(el("p", { class: "hint" }, say("why.nobody")));
}

function parts(pick, { account, problem, surface, onevent }) {
  const own = pick.reason && !(account?.shown && account.reason?.text === pick.reason.text) ? pick.reason : null;
  const waiting = !account && !problem && me();
  return [
    own && el("section", { data: { why: "here" } }, el("h3", {}, say(surface === "search" ? "why.found" : "why.here")), el("p", { class: "lead" }, own.text), evidence(own.evidence ?? [], pick.card)),
    waiting && el("section", { "aria-busy": "true" }, el("div", { class: "bone wide" }), el("div", { class: "bone" }), el("div", { class: "bone" })),
    problem && el("p", { class: "problem", role: "alert" }, problem.message),
    account && accounted(account, pick),
    me() && whatToDo(pick, account, onevent),
  ].filter(Boolean);
}

/** What became of the item in a real request, made now. */
function accounted(account, { card }) {
  const reason = account.reason;
  return el("section", { data: { why: account.shown ? "shown" : "not" } },
    el("h3", {}, say(account.shown ? "why.shown" : "why.not")),
    standing(account),
    el("p", { class: account.shown ? "lead" : null }, account.text),
    reason && evidence(reason.evidence, card),
    blend(account),
    el("p", { class: "hint" }, say("why.now")));
}

/** Where it stands: its place, or what took it out. */
function standing({ shown, rank, removed_by: removed }) {
  const marks = removed.length ? removed.map((one) => named("filter", one)) : rank ? [say(shown ? "why.rank" : "why.rank.below", { rank: number(rank) })] : [];
  return marks.length ? el("ul", { class: "segments" }, marks.map((mark) => el("li", { class: removed.length ? "label out" : "label" }, mark))) : null;
}

/** Bars: what was measured is drawn; what is merely true of the item is told. */
export function evidence(entries, card) {
  if (!entries.length) return null;
  const measured = entries.filter((one) => one.weight > 0 && !UNMEASURED.slice(1).includes(one.via));
  const others = entries.filter((one) => !measured.includes(one));
  return el("div", { class: "evidence" },
    measured.length ? el("h4", {}, say("why.evidence")) : null,
    measured.length ? bars(measured.map((one) => ({ name: linked(one, card), share: one.weight, note: one.via && say(`why.via.${one.via}`) })), percent, 1) : null,
    others.length ? el("ul", { class: "plain-list" }, others.map((one) => el("li", {}, linked(one, card), one.via && el("span", { class: "hint" }, ` · ${say(`why.via.${one.via}`)}`)))) : null);
}

/** What evidence is called, as a link to where one can read about it. */
function linked({ kind, ref, name }, card) {
  const to = ["seed", "session", "item"].includes(kind) ? (ref === card.id ? null : itemPage(ref))
    : kind === "entity" ? entityPage(ref)
    : kind === "topic" || kind === "words" ? `search?q=${encodeURIComponent(kind === "words" ? ref : name)}`
    : kind === "mood" ? `./?mood=${encodeURIComponent(ref)}`
    : kind === "said" ? "person" : null;
  return to ? el("a", { href: to }, name) : name;
}

/** What each part of the ranking has added. */
function blend({ parts: added }) {
  const entries = (added ?? []).filter((one) => Math.abs(one.share) >= 0.005);
  return entries.length ? el("details", {}, el("summary", {}, say("why.parts")), el("p", { class: "hint" }, say("why.parts.how")),
    bars(entries.map((one) => ({ name: one.name, share: one.share })))) : null;
}

/** What a person can do about it. */
function whatToDo({ card, reason }, account, onevent) {
  const status = el("p", { class: "hint", role: "status" });
  const press = (text, doing, done) => {
    const button = el("button", { type: "button", class: "quiet small", "aria-pressed": "false", onclick: async () => {
      try {
        await doing();
      } catch (error) {
        announce(error.message);
        return;
      }
      announce(done);
      onevent();
    } }, text);
    return button;
  };
  const topics = new Map();
  for (const one of [...(account?.reason?.evidence ?? []), ...(reason?.evidence ?? [])]) {
    if (one.kind === "topic") topics.set(topicOf(one, card), one.name);
  }
  for (const genre of card.genres) if (topics.size < MOST_TOPICS) topics.set(`genre:${genre.trim().toLowerCase()}`, genre);
  const tell = (kind, topic) => api("events", { method: "POST", body: { id: newId(), user_id: me(), topic, kind, at: new Date().toISOString(), source: "web" } });
  const title = card.title ?? card.id;
  return el("section", { data: { why: "do" } }, el("h3", {}, say("why.do")),
    el("div", { class: "buttons" }, CHOICES.map((kind) => press(say(`do.${kind}`), () => record(kind, card), say(`done.${kind}`, { title })))),
    [...topics].slice(0, MOST_TOPICS).map(([topic, name]) => el("div", { class: "topic-do", role: "group", "aria-label": name }, el("span", {}, name),
      press(say("why.more"), () => tell("like", topic), say("why.more.done", { topic: name })),
      press(say("why.less"), () => tell("dislike", topic), say("why.less.done", { topic: name })))),
    el("p", {}, el("a", { href: "person#portrait" }, say("why.portrait"))), status);
}

/** The key of a topic of which only the name may stand in the evidence. */
function topicOf({ ref, name }, card) {
  if (ref.includes(":")) return ref;
  const same = (one) => one.trim().toLowerCase() === name.trim().toLowerCase();
  const sort = card.genres.some(same) ? "genre" : card.creators.some(same) ? "creator" : "tag";
  return `${sort}:${name.trim().toLowerCase()}`;
}
