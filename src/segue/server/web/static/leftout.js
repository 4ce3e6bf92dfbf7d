// Why not that: titles that the words find and that are left out for the person, each with what keeps it out.

import { api, el, inPath, itemPage, language, me, say, trouble } from "./core.js";
import { openWhy } from "./why.js";

const MOST = 6;
const place = document.querySelector("[data-left-out]");
let number = 0;

/** Offer to look below an answer; look at once where nothing was found. `query`: of the search, without the person. */
export function leftOut(query, picks, onevent) {
  number += 1;
  place.hidden = !me() || !query;
  if (place.hidden) return;
  const look = () => show(query, new Set(picks.map((pick) => pick.item)), onevent, number);
  if (picks.length) place.replaceChildren(el("button", { type: "button", class: "quiet", onclick: look }, say("left.ask")));
  else look();
}

async function show(query, found, onevent, asked) {
  let told;
  place.setAttribute("aria-busy", "true");
  try {
    const { picks } = await api(`search?${query}`);
    const others = picks.filter((pick) => !found.has(pick.item)).slice(0, MOST);
    told = await Promise.all(others.map(async (pick) => ({ pick, ...(await api(`explanations?user_id=${inPath(me())}&item=${inPath(pick.item)}&language=${language}`)) })));
  } catch (error) {
    place.replaceChildren(trouble(error, () => show(query, found, onevent, asked)));
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
        onclick: () => openWhy({ ...pick, reason: null }, { surface: "search", onevent }) }, say("why.not.ask")))))
      : el("p", { class: "hint" }, say("left.none")));
  if (found.size) place.querySelector("h2").focus();
}
