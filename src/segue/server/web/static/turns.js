// One turn of a conversation: what the person said, and the answer as its pieces come.

import { announce, api, cover, el, icon, inPath, itemPage, say, told } from "./core.js";
import { card, walkable } from "./cards.js";
import { player, soundOnly } from "./player.js";

const NUMBER = /[[【［]\s*(\d{1,2})\s*[\]】］]/g;

/** `talk`: what the turn belongs to (`send`, `goTo`, `chips`, `surface`); `asked`: {say, without, label}. */
export class Turn {
  constructor(talk, asked) {
    this.talk = talk;
    this.asked = asked;
    this.pieces = [];
    this.list = null; // the numbered list of this turn
    this.words = "";
    this.whole = false;
    this.answer = el("div", { class: "answer", "aria-busy": "true" }, el("p", { class: "thinking" }, el("span", { class: "unseen" }, say("talk.thinking")), el("i"), el("i"), el("i")));
    const shown = asked.label ?? asked.say;
    this.node = el("article", { class: "turn" },
      el("p", { class: asked.say ? "mine" : "mine undone" }, el("span", { class: "unseen" }, `${say("talk.you")}: `), shown), this.answer);
  }

  /** One piece of the answer. `again`: it is an old one, shown once more: nothing begins or changes by it. */
  take(name, data, again = false) {
    this.remember(name, data);
    if (name !== "text") this.paragraph = null;
    if (name !== "understood") this.answer.querySelector(".thinking")?.remove();
    const part = this[`on_${name}`]?.(data, again);
    if (part) this.put(part);
  }

  /** At the end; what is to be decided comes after all else. */
  put(part) {
    const open = part.classList.contains("proposed") ? null : this.answer.querySelector(":scope > .proposed");
    if (open) open.before(part);
    else this.answer.append(part);
  }

  remember(name, data) {
    const last = this.pieces.at(-1);
    if (name === "text" && last?.[0] === "text") last[1] = { delta: last[1].delta + data.delta };
    else this.pieces.push([name, data]);
  }

  on_understood({ conversation, understood }) {
    this.talk.conversation = conversation;
    this.talk.showChips(understood);
  }

  on_text({ delta }) {
    this.words += delta;
    if (this.paragraph) this.said += delta;
    else {
      this.said = delta;
      this.paragraph = el("p", { class: "words" });
      this.put(this.paragraph);
    }
    this.paragraph.replaceChildren(...this.linked(this.said.trimStart()));
  }

  /** The words, with the numbers of items as links to their cards. */
  linked(text) {
    const parts = [];
    let from = 0;
    for (const found of text.matchAll(NUMBER)) {
      const n = Number(found[1]);
      parts.push(text.slice(from, found.index), el("a", { href: "#", class: "to-number", "aria-label": say("talk.number", { n }), onclick: (event) => {
        event.preventDefault();
        this.talk.goTo(n, this);
      } }, String(n)));
      from = found.index + found[0].length;
    }
    return [...parts, text.slice(from)].filter((part) => part !== "");
  }

  on_items(answer) {
    const cards = answer.items.filter(({ item }) => item).map((one) => card(
      { item: one.item.id, kind: one.item.kind, card: one.item, reason: one.reason, query: one.query },
      { rank: one.n - 1, answer, surface: "chat", number: one.n, onevent: told, onplay: (item) => this.play(item) }));
    this.list = el("ul", { class: "talk-cards", "aria-label": say("talk.list", { count: cards.length }) }, cards);
    walkable(this.list);
    return this.list;
  }

  on_question({ text, options }) {
    return el("div", { class: "question" }, el("p", { class: "words" }, text),
      el("div", { class: "chips", role: "group", "aria-label": text }, options.map((one) =>
        el("button", { type: "button", class: "chip", onclick: () => this.talk.send(one.say, { label: one.label }) }, one.label))));
  }

  on_wrote({ what }, again) {
    if (!again) told();
    return el("p", { class: "note wrote" }, icon("already_seen"), what);
  }

  on_proposed({ what, say: words }) {
    const box = el("div", { class: "proposed", role: "group", "aria-label": say("talk.proposed") }, el("p", {}, what),
      el("div", { class: "buttons" },
        el("button", { type: "button", class: "small", onclick: () => {
          box.replaceChildren(el("p", { class: "hint" }, what));
          this.talk.send(words);
        } }, say("talk.confirm")),
        el("button", { type: "button", class: "quiet small", onclick: () => {
          box.replaceChildren(el("p", { class: "hint" }, say("talk.declined", { what })));
          this.talk.focus();
        } }, say("talk.decline"))));
    return box;
  }

  on_play({ item }, again) {
    if (again) return el("p", { class: "note" }, icon("play"), el("a", { href: `${itemPage(item.id)}#play` }, item.title ?? item.id));
    this.play(item);
    return null;
  }

  /** The player of the item pages, here in the conversation. */
  async play({ id }) {
    for (const other of document.querySelectorAll("audio, video")) other.pause();
    const box = el("div", { class: "playing" });
    this.answer.append(box);
    try {
      const item = await api(`items/${inPath(id)}`);
      const link = el("a", { href: itemPage(id) }, item.title ?? id);
      if (!item.media_uri) box.append(el("img", { src: cover(id), alt: "", width: 72, height: 72 }), el("p", {}, link, el("span", { class: "hint" }, ` · ${say("talk.no.file")}`)));
      else {
        const stage = player(item, await soundOnly(item), (kind) => kind !== "now_playing" && told());
        box.append(stage, el("p", {}, link));
        const media = stage.querySelector("audio, video");
        media.addEventListener("loadedmetadata", () => box.scrollIntoView({ block: "nearest" }), { once: true }); // it has its height now
        media.play().catch(() => {}); // a browser that refuses leaves the button there
      }
    } catch (error) {
      box.remove();
      announce(error.message);
    }
    box.scrollIntoView({ block: "nearest" });
  }

  on_done({ degraded }) {
    this.whole = true;
    if (!degraded?.length) return null;
    return el("p", { class: "hint degraded" }, say(degraded.some((one) => one.startsWith("chat:")) ? "talk.degraded.model" : "row.degraded"));
  }

  on_problem({ detail, title }) {
    this.whole = true;
    return this.trouble(detail ?? title);
  }

  /** The answer is over, or has broken off; `why` it has. */
  end(why = null) {
    this.answer.setAttribute("aria-busy", "false");
    this.answer.querySelector(".thinking")?.remove();
    // What was changed is told once, in its note.
    const noted = [...this.answer.querySelectorAll(".wrote")].map((note) => note.textContent);
    for (const words of this.answer.querySelectorAll(":scope > .words")) if (noted.includes(words.textContent.trim())) words.remove();
    if (why && !this.whole) this.answer.append(this.trouble(why));
  }

  trouble(why) {
    return el("div", { class: "broken", role: "alert" }, el("p", { class: "problem" }, why),
      el("button", { type: "button", class: "quiet small", onclick: () => {
        this.node.remove();
        this.talk.again(this);
      } }, say("error.retry")));
  }

  /** What can be chosen only while nothing else has been said. */
  settle() {
    for (const button of this.answer.querySelectorAll(".question button, .proposed button, .broken button")) button.disabled = true;
  }

  /** The answer for a screen reader: once, when it is whole. */
  spoken() {
    const count = this.list?.children.length ?? 0;
    const more = this.answer.querySelector(".question .words, .wrote, .proposed p, .degraded");
    return [this.words.replace(NUMBER, "$1"), count && say("talk.list", { count }), more?.textContent].filter(Boolean).join(" ");
  }
}
