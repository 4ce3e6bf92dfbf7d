// The conversation as a page of its own, with the earlier ones beside it.

import { el, icon, me, say } from "./core.js";
import { earlier, showEarlier } from "./earlier.js";
import { Talk } from "./talk.js";
import "./shell.js";

const place = document.querySelector("[data-chat]");
let past = null;
const talk = new Talk({ onturn: () => past?.refresh() });
past = me() ? earlier(talk) : null;
const asked = new URLSearchParams(location.search).get("say");

place.setAttribute("aria-busy", "false");
place.replaceChildren(
  el("div", { class: "chat-past" }, el("button", { type: "button", class: "quiet", data: { new: "" }, onclick: () => talk.fresh() }, icon("add"), say("talk.new")),
    me() && el("button", { type: "button", class: "quiet narrow-only", onclick: () => showEarlier(talk) }, icon("past"), say("talk.earlier")), past && past.node),
  talk.node);
talk.typed();
talk.follow(true);
if (asked) {
  // Written, not sent: an address never says anything in somebody's name.
  talk.field.value = asked;
  talk.typed();
  history.replaceState(null, "", location.pathname);
}
talk.focus();
past?.refresh();
