// What is said in an item: a folded list of lines with their times, from which the player goes on.

import { clock, el, number, say } from "./core.js";
import { jump } from "./player.js";

/** The lines of a transcript, or null where there are none. `player`: the page's sound or video, to jump in; or null. */
export function spoken(content, player) {
  const segments = content?.segments ?? [];
  if (!segments.length) return null;
  const title = say("spoken.title", { count: number(segments.length) });
  const lines = el("ol", { lang: content.language ?? null });
  const box = el("details", { class: "spoken" }, el("summary", {}, title),
    el("div", { tabindex: 0, role: "region", "aria-label": title }, lines));
  // A film may have thousands: they are drawn for whoever looks.
  box.addEventListener("toggle", () => {
    if (!lines.childElementCount) lines.append(...segments.map((segment) => line(segment, player)));
  });
  return box;
}

function line([begin, , text], player) {
  const time = clock(begin);
  return el("li", {}, player
    ? el("button", { type: "button", class: "quiet", "aria-label": say("film.from", { time }), onclick: () => jump(player, begin) }, time)
    : el("span", { class: "hint" }, time), el("span", {}, text));
}
