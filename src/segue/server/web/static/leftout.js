// Why not that: titles that the words find and that are left out for the person, each with what keeps it out.

import { api, el, itemPage, language, me, say, trouble } from "./core.js";
import { openWhy } from "./why.js";

const MOST = 6;
const place = document.querySelector("[data-left-out]");
let number = 0;

/** Offer to look below an answer; look at once where nothing was found. `query`: of the search, without the person; `answer`: with. */
export function leftOut(query, answer, onevent) {
  number += 1;
  place.hidden = !me() || !query;
  if (place.hidden) return;
  const look = () => show(query, answer, onevent, number);
  if (answer.picks.length) place.replaceChildren(el("button", { type: "button", class: "quiet", onclick: look }, say("left.ask")));
  else look();
}

async function show(query, answer, onevent, asked) {
  const found = new Set(answer.picks.map((pick) => pick.item));
  const explained = (item) => api("explanations", { method: "POST", body: { user_id: me(), item, language, query: answer.query } });
  let told;
  place.setAttribute("aria-busy", "true");
  try {
    const { picks } = await api(`search?${query}`);
    const others = picks.filter((pick) => !found.has(pick.item)).slice(0, MOST);
    told = await Promise.all(others.map(async (pick) => ({ pick, ...(await explained(pick.item)) })));
  } catch (error) {
    place.replaceChildren(trouble(error, () => show(query, answer, onevent, asked)));
    return;
  } finally {
    place.setAttribute("aria-busy", "false");
  }
  if (asked !== number) return; // something else has been searched for since
  // What an age limit keeps out is not even named.
  const named = told.filter(({ removed_by: removed }) => !removed.includes("maturity"));
  place.replaceChildren(el("h2", { id: "left-out", tabindex: -1 }, say("left.title")),
    named.length ? el("ul", { class: "left-out", "aria-labelledby": "left-out" }, named.map(({ pick, text }) => el("li", { data: { item: pick.item } },
      el("a", { href: itemPage(pick.item) }, pick.card.title ?? pick.item), el("p", {}, text),
      el("button", { type: "button", class: "quiet small", "aria-haspopup": "dialog", "aria-label": say("why.not.of", { title: pick.card.title ?? pick.item }),
        onclick: () => openWhy({ ...pick, reason: null }, { answer, surface: "search", onevent }) }, say("why.not.ask")))))
      : el("p", { class: "hint" }, say("left.none")));
  if (found.size) place.querySelector("h2").focus();
}
