// A film over time: a preview, a contact sheet, its shots and what changes from beginning to end.

import { duration, el, inPath, number, say } from "./core.js";
import { jump } from "./player.js";

/** What was seen of a film, or null where nothing can be drawn. `player`: the page's video, to jump in; or null. */
export function film(id, content, player) {
  const { timeline, derived } = content ?? {};
  if (!timeline && !derived) return null;
  return el("div", { class: "film" },
    derived?.key && pictures(id, derived, player),
    timeline && over(timeline));
}

function pictures(id, { cells, columns, preview }, player) {
  const address = (name) => `films/${name}/${inPath(id)}`;
  const image = el("img", { src: address("sheet"), alt: say("film.sheet.alt", { count: number(cells.length) }), loading: "lazy" });
  const jumps = player && el("div", { class: "jumps", style: { "--columns": String(columns) } }, cells.map((time) =>
    el("button", { type: "button", "aria-label": say("film.from", { time: duration(time) }), title: duration(time), onclick: () => jump(player, time) })));
  return el("div", { class: "film-pictures" },
    el("figure", { class: "sheet" }, el("figcaption", {}, say("film.sheet")), el("div", { class: "sheet-in" }, image, jumps)),
    preview && el("figure", { class: "preview" }, el("figcaption", {}, say("film.preview")),
      el("video", { src: address("preview"), poster: address("thumbnail"), muted: true, loop: true, playsinline: true, controls: true,
        preload: "metadata", "aria-label": say("film.preview") })));
}

function over({ end_s: end, shots, curves, palette }) {
  return el("div", { class: "timeline" },
    shots && strip(say(shots.length === 1 ? "film.shot" : "film.shots", { count: number(shots.length), length: duration(end) }),
      shots.map(([from, to, colour]) => ({ share: to - from, colours: [colour], title: `${duration(from)} – ${duration(to)}` }))),
    strip(say("film.palette"), palette.map((colours) => ({ share: 1, colours, title: colours.join(" ") }))),
    ["brightness", "motion", "pace"].filter((name) => curves[name]).map((name) => curve(name, curves[name])),
    el("div", { class: "scale", "aria-hidden": "true" }, el("span", {}, duration(0)), el("span", {}, duration(end))));
}

/** Pieces side by side, each as wide as its share, each of one colour or several. */
function strip(title, pieces) {
  const most = Math.max(...pieces.map((p) => p.share), 1e-9);
  return el("figure", {}, el("figcaption", {}, title), el("div", { class: "strip", role: "img", "aria-label": title }, pieces.map(({ share, colours, title: hint }) => {
    const piece = el("span", { class: "piece", title: hint }, colours.map((colour) => {
      const band = el("span");
      if (/^#[0-9a-f]{6}$/i.test(colour)) band.style.backgroundColor = colour;
      return band;
    }));
    piece.style.flexGrow = String(share / most);
    return piece;
  })));
}

function curve(name, values) {
  const most = Math.max(...values, 1e-9);
  const points = values.map((value, at) => `${((at + 0.5) * 100) / values.length} ${(28 - (26 * value) / most).toFixed(2)}`);
  const title = say(`film.curve.${name}`, { most: number(most, most < 10 ? 2 : 0) });
  return el("figure", {}, el("figcaption", {}, title),
    el("svg", { class: "curve", viewBox: "0 0 100 30", preserveAspectRatio: "none", role: "img", "aria-label": title },
      el("path", { class: "area", d: `M${points[0].split(" ")[0]} 30L${points.join("L")}L${points.at(-1).split(" ")[0]} 30Z` }),
      el("path", { class: "line", d: `M${points.join("L")}` })));
}
