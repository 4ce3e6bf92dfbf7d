// The conversation beside every page: once opened it stays open in this tab. Where the screen is narrow it has a page.

import { el, icon, me, say } from "./core.js";

const OPEN = "segue.talk.open";
const place = document.querySelector("[data-panel]");
const button = document.querySelector("[data-panel-open]");
let talk = null;

async function open(focused) {
  sessionStorage.setItem(OPEN, "yes");
  place.hidden = false;
  document.body.classList.add("with-panel");
  button.setAttribute("aria-expanded", "true");
  if (!talk) {
    const [{ Talk }, { showEarlier }] = await Promise.all([import("./talk.js"), import("./earlier.js")]);
    talk ??= new Talk();
    const small = (name, text, onclick) => el("button", { type: "button", class: "plain small-icon", "aria-label": text, title: text, onclick }, icon(name));
    place.replaceChildren(el("header", { class: "panel-head" }, el("h2", {}, say("talk.title")),
      small("add", say("talk.new"), () => talk.fresh()),
      me() && small("past", say("talk.earlier"), () => showEarlier(talk)),
      el("a", { class: "button plain small-icon", href: "chat", "aria-label": say("talk.page"), title: say("talk.page") }, icon("whole")),
      small("close", say("close"), close)), talk.node);
    talk.typed();
    talk.follow(true);
  }
  if (focused) talk.focus();
}

function close() {
  sessionStorage.removeItem(OPEN);
  talk?.stop();
  place.hidden = true;
  document.body.classList.remove("with-panel");
  button.setAttribute("aria-expanded", "false");
  button.focus();
}

if (place) {
  button.addEventListener("click", () => (place.hidden ? open(true) : close()));
  place.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) close();
  });
  if (sessionStorage.getItem(OPEN)) open(false);
}
