// Content warnings that machines have found: a person confirms or rejects them.

import { announce, api, el, empty, itemPage, kindName, named, percent, say, trouble } from "./core.js";
import { evidence, labelNames } from "./labels.js";
import "./shell.js";

const place = document.querySelector("[data-moderation]");
const STATUSES = ["pending", "confirmed", "rejected"];
let status = "pending";

async function begin() {
  place.setAttribute("aria-busy", "false");
  let warnings, names;
  try {
    [warnings, names] = await Promise.all([api(`warnings?status=${status}&limit=200`), labelNames()]);
  } catch (error) {
    place.replaceChildren(trouble(error, begin));
    return;
  }
  const choose = (name) => el("button", { type: "button", class: "chip", "aria-pressed": String(name === status), onclick: () => { status = name; begin(); } }, say(`moderation.${name}`));
  const list = warnings.length ? el("ul", { class: "plain-list queue" }, warnings.map((one) => entry(one, names))) : empty(say("moderation.none"));
  place.replaceChildren(el("p", { class: "prose" }, say("moderation.how")),
    el("div", { class: "chips", role: "group", "aria-label": say("moderation.status") }, STATUSES.map(choose)), list);
}

function entry(one, names) {
  const label = names.name("content_warnings", one.label);
  const title = one.title ?? one.item;
  const decide = (confirm) => async () => {
    try {
      await api("warnings", { method: "POST", body: { item: one.item, label: one.label, confirm } });
    } catch (error) {
      announce(error.message);
      return;
    }
    announce(say(confirm ? "moderation.did.confirm" : "moderation.did.reject", { label, title }));
    begin();
  };
  const button = (name, kind, confirm) => el("button", { type: "button", class: kind, "aria-label": `${say(name)}: ${label}, ${title}`, onclick: decide(confirm) }, say(name));
  const said = one.said.map((by) => (by.annotator === "person" ? say("annotator.person") : `${named("annotator", by.annotator)} ${percent(by.confidence)}`)).join(" · ");
  const words = one.said.flatMap((by) => by.evidence).map(evidence).filter(Boolean);
  return el("li", { class: "panel" },
    el("h2", {}, el("a", { href: itemPage(one.item) }, title)),
    el("p", {}, el("strong", {}, label), " ", el("span", { class: "hint" }, [kindName(one.kind), said].filter(Boolean).join(" · "))),
    words.length ? el("ul", {}, words) : null,
    one.description ? el("p", { class: "description" }, one.description) : null,
    el("div", { class: "buttons" }, one.status === "confirmed" ? null : button("moderation.confirm", "danger", true), one.status === "rejected" ? null : button("moderation.reject", "quiet", false)));
}

await begin();
