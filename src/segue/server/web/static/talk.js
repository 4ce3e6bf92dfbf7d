// A conversation: the log, what was understood, and the field. It lasts as long as the tab; the server keeps it longer.

import { Problem, api, el, icon, inPath, language, me, say } from "./core.js";
import { streamed } from "./stream.js";
import { Turn } from "./turns.js";

const LONGEST = 8000; // characters of a message that the server takes
const K = 6;
const KEPT = 20; // turns that the tab remembers
const NEAR = 48; // pixels from the end that still count as the end
const OWN_WORDS = { busy: () => say("talk.busy"), overloaded: () => say("talk.overloaded") }; // by kind of problem

export class Talk {
  /** `onturn`: called after each turn, and when another conversation is shown. */
  constructor({ onturn } = {}) {
    this.onturn = onturn;
    this.key = `segue.talk.${me()}`;
    this.conversation = null;
    this.running = null; // what stops the answer that is coming
    this.turns = [];
    this.atEnd = true;
    this.log = el("div", { class: "talk-log", role: "log", "aria-live": "off", "aria-label": say("talk.log"), tabindex: 0, onscroll: () => this.scrolled() });
    this.toEnd = el("button", { type: "button", class: "quiet to-end", hidden: true, onclick: () => this.follow(true) }, icon("down"), say("talk.newest"));
    this.chips = el("ul", { class: "understood chips", hidden: true, "aria-label": say("search.understood") });
    this.field = el("textarea", { name: "message", rows: 1, placeholder: say("talk.placeholder"), "aria-label": say("talk.field"), autocomplete: "off",
      onkeydown: (event) => this.pressed(event), oninput: () => this.typed(), onpaste: (event) => this.pasted(event) });
    this.problem = el("p", { class: "problem", role: "alert" });
    this.sendButton = el("button", { class: "round", "aria-label": say("talk.send") }, icon("up"));
    this.stopButton = el("button", { type: "button", class: "round", hidden: true, "aria-label": say("talk.stop"), onclick: () => this.stop() }, icon("stop"));
    this.growing = new ResizeObserver(() => this.atEnd && this.follow()); // pictures and players have their height later
    this.said = el("p", { class: "unseen", "aria-live": "polite" });
    this.node = el("div", { class: "talk" }, el("div", { class: "talk-scroll" }, this.log, this.toEnd), this.chips,
      el("form", { class: "talk-ask", onsubmit: (event) => {
        event.preventDefault();
        this.submit();
      } }, el("div", { class: "talk-field" }, this.field, this.sendButton, this.stopButton), this.problem), this.said);
    addEventListener("pagehide", () => {
      this.running?.abort();
      this.save();
    });
    this.restore();
  }

  // Which conversation

  restore() {
    const kept = JSON.parse(sessionStorage.getItem(this.key) ?? "null");
    this.show(kept?.turns ?? [], kept?.conversation ?? null);
    this.field.value = kept?.draft ?? "";
    this.typed();
  }

  save() {
    const turns = this.turns.slice(-KEPT).map(({ asked, pieces }) => ({ asked, pieces }));
    sessionStorage.setItem(this.key, JSON.stringify({ conversation: this.conversation, turns, draft: this.field.value }));
  }

  /** Begin another one. */
  fresh() {
    this.running?.abort();
    this.show([], null);
    this.save();
    this.focus();
  }

  /** Go on with one that the server has kept. Throws a Problem. */
  async open(id) {
    const found = await api(`conversations/${inPath(id)}${me() ? `?user_id=${inPath(me())}` : ""}`);
    this.running?.abort();
    this.show(asTurns(found), id);
    this.save();
    this.focus();
  }

  show(turns, conversation) {
    this.turns = [];
    this.showChips([]);
    this.growing.disconnect();
    this.log.replaceChildren();
    this.problem.textContent = "";
    for (const { asked, pieces } of turns) {
      const turn = this.add(asked);
      for (const [name, data] of pieces) turn.take(name, data, true);
      turn.end(turn.whole ? null : say("talk.cut"));
    }
    this.conversation = conversation;
    if (!turns.length) this.log.append(this.welcome());
    for (const turn of this.turns.slice(0, -1)) turn.settle();
    this.onturn?.();
    requestAnimationFrame(() => this.follow(true));
  }

  /** For somebody who has never used it. */
  welcome() {
    const examples = (me() ? [1, 2, 3, 4, 5] : [1, 2, 3, 4]).map((n) => say(`talk.example.${n}`));
    return el("div", { class: "talk-welcome" }, el("h3", {}, say("talk.welcome")), el("p", { class: "hint" }, say(me() ? "talk.welcome.text" : "talk.welcome.nobody")),
      el("ul", {}, examples.map((words) => el("li", {}, el("button", { type: "button", class: "quiet example", onclick: () => this.send(words) }, words)))));
  }

  // Saying something

  submit() {
    const words = this.field.value.trim();
    if (!words || this.running || !this.fits(words.length)) return;
    this.field.value = "";
    this.typed();
    this.send(words);
  }

  /** `label`: what is shown in place of the words; `without`: ids of chips that are taken back. */
  async send(words, { label, without } = {}) {
    if (this.running) return;
    for (const turn of this.turns) turn.settle();
    this.log.querySelector(".talk-welcome")?.remove();
    const turn = this.add({ say: words, label, without });
    this.focus();
    this.follow(true);
    await this.hear(turn);
  }

  /** The same once more, after it has failed. */
  again(turn) {
    this.turns = this.turns.filter((one) => one !== turn);
    this.send(turn.asked.say, turn.asked);
  }

  add(asked) {
    const turn = new Turn(this, asked);
    this.turns.push(turn);
    this.growing.observe(turn.node);
    this.log.append(turn.node);
    return turn;
  }

  async hear(turn) {
    const running = new AbortController();
    this.busy(running);
    let why = null;
    try {
      const { say: message, without } = turn.asked;
      const body = { user_id: me(), conversation: this.conversation, message, language: spokenIn(message), k: K, without: without ?? [] };
      for await (const [name, data] of streamed("chat", body, running.signal)) {
        turn.take(name, data);
        this.follow();
      }
      why = say("talk.cut"); // unless it was whole
    } catch (error) {
      why = error.name === "AbortError" ? say("talk.stopped") : error instanceof Problem ? OWN_WORDS[error.kind]?.() ?? error.message : say("talk.cut");
      if (error.noConversation) this.conversation = null; // the next attempt begins another
    }
    turn.end(why);
    if (this.running === running) this.busy(null);
    if (!this.turns.includes(turn)) return; // another conversation is shown by now
    this.said.textContent = turn.spoken();
    this.follow();
    this.save();
    this.onturn?.();
  }

  stop() {
    this.running?.abort();
    this.focus();
  }

  busy(running) {
    this.running = running;
    this.sendButton.hidden = Boolean(running);
    this.stopButton.hidden = !running;
    for (const button of this.chips.querySelectorAll("button")) button.disabled = Boolean(running);
  }

  /** What holds now; a press takes one back. */
  showChips(understood) {
    this.chips.hidden = !understood.length;
    this.chips.replaceChildren(...understood.map((chip) => el("li", {}, el("button", {
      type: "button", class: chip.new ? "chip fresh" : "chip", data: { chip: chip.id }, title: say("search.takeback", { text: chip.text }), "aria-label": say("search.takeback", { text: chip.said }),
      disabled: Boolean(this.running), onclick: () => this.send("", { without: [chip.id], label: say("talk.without", { text: chip.said }) }),
    }, chip.said, " ×"))));
  }

  // The field

  pressed(event) {
    // While an input method composes, Enter chooses its word (229: a browser that has already ended the composition).
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && this.running) {
      event.stopPropagation();
      this.stop();
    }
  }

  typed() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight + 2, 168)}px`;
    if (this.field.value.length <= LONGEST) this.problem.textContent = "";
  }

  pasted(event) {
    const more = event.clipboardData?.getData("text") ?? "";
    if (!this.fits(this.field.value.length + more.length)) event.preventDefault();
  }

  fits(length) {
    this.problem.textContent = length <= LONGEST ? "" : say("talk.long", { length: length.toLocaleString(), most: LONGEST.toLocaleString() });
    return length <= LONGEST;
  }

  focus() {
    this.field.focus({ preventScroll: true });
  }

  // The place in the log: it follows what comes, until the reader goes up

  /** The end; of a turn that is taller than the log, its beginning. */
  get end() {
    const turn = this.turns.at(-1)?.node;
    const most = this.log.scrollHeight - this.log.clientHeight;
    return turn ? Math.min(most, turn.offsetTop - this.log.offsetTop - 12) : most;
  }

  scrolled() {
    this.atEnd = this.log.scrollTop > this.end - NEAR;
    if (this.atEnd) this.toEnd.hidden = true;
  }

  follow(always = false) {
    if (always || this.atEnd) {
      this.atEnd = true;
      this.toEnd.hidden = true;
      if (this.log.scrollTop < this.end || always) this.log.scrollTop = this.end;
    } else this.toEnd.hidden = false;
  }

  /** To the card of that number: of the turn's own list, else of the newest before it. */
  goTo(n, turn) {
    const before = this.turns.slice(0, this.turns.indexOf(turn) + 1);
    const target = before.findLast((one) => one.list)?.list.querySelector(`[data-number="${n}"]`);
    if (!target) return;
    target.scrollIntoView({ block: "nearest" });
    target.querySelector(".title").focus({ preventScroll: true });
    target.classList.remove("pointed");
    requestAnimationFrame(() => target.classList.add("pointed"));
  }
}

/** The language of an answer: that of the page, unless a whole message is in the other one. */
function spokenIn(message) {
  const chinese = /\p{Script=Han}/u.test(message);
  const english = message.match(/[A-Za-z']{2,}/g)?.length ?? 0;
  if (language === "zh") return !chinese && english > 2 ? "en" : "zh";
  return chinese && english < 2 ? "zh" : "en";
}

/** A conversation that the server has kept, as turns. */
function asTurns({ conversation, understood, turns, lists }) {
  const shown = new Map(lists.map((one) => [one.list, one]));
  const made = [];
  for (const one of turns) {
    if (one.role === "person") made.push({ asked: one.text ? { say: one.text } : { say: "", label: say("talk.changed") }, pieces: [] });
    else if (made.length) {
      const { pieces } = made.at(-1);
      if (one.text) pieces.push(["text", { delta: one.text }]);
      if (shown.has(one.list)) pieces.push(["items", shown.get(one.list)]);
    }
  }
  for (const { pieces } of made) pieces.push(["done", { degraded: [] }]);
  made.at(-1)?.pieces.unshift(["understood", { conversation, understood }]);
  return made;
}
