// Cards, rows of cards, and the menu on a card.

import { announce, cover, duration, el, icon, itemPage, kindName, lastEvent, me, record, say, seen, trouble, when } from "./core.js";
import { openWhy } from "./why.js";

/**
 * One pick of an answer as a card. `options`: rank, answer, surface, onevent (called after the person has said something),
 * number (by which one speaks of it), onplay (begins it here instead of on its page).
 */
export function card(pick, { rank, answer, surface, onevent, number, onplay }) {
  const item = pick.card;
  const name = item.title ?? item.id;
  const live = item.available_from && new Date(item.available_from) > new Date() ? when(item.available_from) : null;
  const meta = [kindName(item.kind), item.creators[0], live ?? duration(item.duration_s)].filter(Boolean).join(" · ");
  const picture = el("img", { src: cover(item.id), alt: "", loading: "lazy", decoding: "async", width: 200, height: 200 });
  const menu = me() && el("button", {
    type: "button", class: "more", "aria-label": say("card.menu", { title: name }), "aria-haspopup": "menu",
    onclick: (event) => openMenu(event.currentTarget, item, onevent),
  }, icon("more"));
  const begin = item.playable && (onplay
    ? el("button", { type: "button", class: "badge", "aria-label": say("card.play", { title: name }), onclick: () => onplay(item) }, icon("play"))
    : el("span", { class: "badge", "aria-hidden": "true" }, icon("play")));
  const why = el("button", { type: "button", class: "ask-why", "aria-haspopup": "dialog", "aria-label": say("why.of", { title: name }),
    onclick: () => openWhy(pick, { answer, surface, onevent }) }, say(surface === "search" && me() ? "why.place" : "why.ask"));
  const node = el("li", { class: "card", data: { item: item.id, kind: item.kind, ...(number && { number }) } },
    el("div", { class: "cover" }, picture, number && el("span", { class: "number", "aria-hidden": "true" }, number), begin),
    el("a", { class: "title", href: itemPage(item.id), title: name }, number && el("span", { class: "unseen" }, `${number}. `), name),
    el("p", { class: "meta" }, meta),
    pick.reason && el("p", { class: "reason" }, pick.reason.text),
    menu, (pick.reason || me()) && why);
  whenSeen(node, () => seen(item, rank, answer.request_id, surface));
  return node;
}

const watched = new Map();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const state = watched.get(entry.target);
    clearTimeout(state?.timer);
    if (state && entry.isIntersecting) {
      // Half of it for a second: what the Media Rating Council calls viewable.
      state.timer = setTimeout(() => {
        watcher.unobserve(entry.target);
        watched.delete(entry.target);
        state.then();
      }, 1000);
    }
  }
}, { threshold: 0.5 });

function whenSeen(node, then) {
  watched.set(node, { then });
  watcher.observe(node);
}

function forget(node) {
  clearTimeout(watched.get(node)?.timer);
  watched.delete(node);
  watcher.unobserve(node);
}

const CHOICES = ["like", "not_interested", "already_seen"];

function openMenu(button, item, onevent) {
  const close = () => menu.isConnected && menu.hidePopover();
  const choose = async (kind) => {
    close();
    try {
      await record(kind, item);
    } catch (error) {
      announce(error.message);
      return;
    }
    announce(say(`done.${kind}`, { title: item.title ?? item.id }));
    onevent?.(kind, item);
  };
  const entries = CHOICES.map((kind) =>
    el("button", { type: "button", role: "menuitem", tabindex: -1, onclick: () => choose(kind) }, icon(kind), say(`do.${kind}`)));
  const menu = el("div", { class: "menu", role: "menu", popover: "auto", "aria-label": say("card.menu", { title: item.title ?? item.id }) }, entries);
  menu.addEventListener("keydown", (event) => {
    const at = entries.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      entries.at(to % entries.length).focus();
    } else if (event.key === "Tab") close();
  });
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    const inside = menu.contains(document.activeElement) || document.activeElement === document.body;
    menu.remove();
    button.setAttribute("aria-expanded", "false");
    if (inside && button.isConnected) button.focus();
  });
  document.body.append(menu);
  menu.showPopover();
  const at = button.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.right - menu.offsetWidth), innerWidth - menu.offsetWidth - 8);
  const below = at.bottom + 6 + menu.offsetHeight < innerHeight;
  menu.style.left = `${left}px`;
  menu.style.top = `${below ? at.bottom + 6 : at.top - menu.offsetHeight - 6}px`;
  button.setAttribute("aria-expanded", "true");
  entries[0].focus();
}

/** Left and right go from card to card; Tab does too, through the menus. */
export function walkable(list) {
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const here = event.target.closest(".card");
    if (!step || !here || event.target.closest("[role=menu]")) return;
    const next = step > 0 ? here.nextElementSibling : here.previousElementSibling;
    if (!next) return;
    event.preventDefault();
    next.querySelector("a").focus();
  });
}

/** Kinds whose pictures lie: a row of nothing else shows them whole. */
const WIDE = ["movie", "series", "episode", "video", "short", "live", "game"];

const bones = (count) => Array.from({ length: count }, () =>
  el("li", { class: "card bones", "aria-hidden": "true" }, el("div", { class: "cover skeleton" }), el("div", { class: "bone wide" }), el("div", { class: "bone" }), el("div", { class: "bone" })));

/** A row: a heading, a note that says what has changed, and cards that scroll sideways. */
export class Row {
  /** `fetch()` gives the answer; `settings`: id, title, optional (hide when empty), onevent. */
  constructor(settings) {
    Object.assign(this, settings);
    this.asked = 0;
    this.heading = el("h2", { id: `row-${this.id}` }, this.title);
    this.note = el("p", { class: "note" });
    this.list = el("ul", { class: "cards", "aria-labelledby": `row-${this.id}` }, bones(8));
    walkable(this.list);
    const scroll = (way) => el("button", { type: "button", class: "scroll", tabindex: -1, "aria-hidden": "true",
      onclick: () => this.list.scrollBy({ left: way * this.list.clientWidth * 0.85, behavior: "smooth" }) }, icon(way < 0 ? "left" : "right"));
    this.node = el("section", { class: "row", data: { row: this.id }, "aria-labelledby": `row-${this.id}`, "aria-busy": "true" },
      el("div", { class: "row-head" }, this.heading, this.note, el("div", { class: "scrolls" }, scroll(-1), scroll(1))), this.list);
  }

  /** What is under way is not wanted any more. */
  drop() {
    this.asked += 1;
  }

  rename(title) {
    this.title = title;
    this.heading.textContent = title;
  }

  /** Ask again and show what came, keeping the place in the row and the focus. */
  async refresh() {
    const number = ++this.asked;
    let answer;
    try {
      answer = await this.fetch();
    } catch (error) {
      if (number !== this.asked) return null;
      this.node.setAttribute("aria-busy", "false");
      this.list.replaceChildren(el("li", { class: "whole" }, trouble(error, () => this.refresh())));
      return null;
    }
    if (number !== this.asked) return null; // something else has been asked for since
    this.loaded = true;
    this.node.setAttribute("aria-busy", "false");
    this.node.hidden = this.optional && !answer.picks.length;
    this.show(answer);
    this.onshown?.(answer);
    return this.tell(answer);
  }

  show(answer) {
    for (const old of this.list.children) forget(old);
    const before = this.list.scrollLeft;
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    const place = focused ? [...this.list.children].indexOf(focused.closest(".card")) : -1;
    const focusedItem = focused?.closest(".card")?.dataset.item;
    const known = new Set([...this.list.children].map((node) => node.dataset.item));
    const first = known.size === 1 && known.has(undefined);
    const cards = answer.picks.map((pick, index) => {
      const node = card(pick, { rank: index, answer, surface: this.id, onevent: this.onevent });
      if (!first && !known.has(pick.item)) node.classList.add("fresh");
      return node;
    });
    this.list.classList.toggle("wide", answer.picks.length > 0 && answer.picks.every((pick) => WIDE.includes(pick.kind)));
    this.list.replaceChildren(...(cards.length ? cards : [el("li", { class: "whole empty" }, say("row.empty"))]));
    this.list.scrollLeft = before;
    if (focused) {
      const target = cards.find((node) => node.dataset.item === focusedItem) ?? cards[Math.min(Math.max(place, 0), cards.length - 1)];
      (target?.querySelector(focused.matches(".more") ? ".more" : "a") ?? this.list).focus({ preventScroll: true });
    }
  }

  /** Say what has changed since this row was last seen, and after what; null when nothing has. */
  tell(answer) {
    const key = `segue.row.${me()}.${this.id}`;
    const ids = answer.picks.map((pick) => pick.item);
    const old = JSON.parse(sessionStorage.getItem(key) ?? "null");
    sessionStorage.setItem(key, JSON.stringify({ ids, at: Date.now() }));
    const last = lastEvent();
    const fresh = old ? ids.filter((id) => !old.ids.includes(id)).length : 0;
    const moved = old && ids.join("\n") !== old.ids.join("\n");
    const said = moved && last && last.at >= old.at
      ? say(fresh ? "row.fresh" : "row.moved", { after: say(`after.${last.kind}`, { title: last.title }), count: fresh })
      : null;
    const degraded = answer.degraded.length ? say("row.degraded") : "";
    this.note.replaceChildren(...(said ? [icon("spark"), said] : [degraded]));
    this.note.classList.toggle("changed", Boolean(said));
    return said;
  }
}
