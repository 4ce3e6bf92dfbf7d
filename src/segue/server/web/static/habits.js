// Habits of a person: when, how long, how often again, what else, and how their interests moved. Sections for the person page.

import { el, itemPage, language, named, number, percent, say } from "./core.js";
import { areas, bars, columns, heat, layerHue } from "./charts.js";

const locale = language === "zh" ? "zh-CN" : "en-GB";
const and = new Intl.ListFormat(locale, { type: "conjunction" });
const weekday = (n, width = "short") => new Intl.DateTimeFormat(locale, { weekday: width, timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, 1 + n))); // a Monday
const day = (iso) => new Intl.DateTimeFormat(locale, { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" }).format(new Date(iso));
const called = (name) => name[language] ?? name.en;

/** Everything that the patterns of a person say, as one section; null where they say nothing. */
export function habits(patterns) {
  if (!patterns?.events) return null;
  const panels = [inWords(patterns), over(patterns), clock(patterns), devices(patterns)].filter(Boolean);
  return el("section", { "aria-labelledby": "habits", data: { habits: "" } }, el("h2", { id: "habits" }, say("habits.title")),
    el("p", { class: "hint" }, say(patterns.zone_stated ? "habits.zone" : "habits.utc", { zone: patterns.zone })),
    el("div", { class: "panels" }, panels));
}

function inWords(p) {
  const title = (id) => p.titles[id] ?? id;
  const quoted = (names) => and.format(names.slice(0, 3).map((name) => (language === "zh" ? `《${name}》` : `“${name}”`)));
  const { sitting, binges, repeats, exploration, drift } = p;
  const lines = [
    p.part && say("habits.part", { part: say(`habits.part.${p.part}`) }),
    sitting.sessions > 1 && (sitting.minutes
      ? say("habits.sessions", { sessions: number(sitting.sessions), events: number(sitting.events), minutes: number(sitting.minutes) })
      : say("habits.sessions.short", { sessions: number(sitting.sessions), events: number(sitting.events) })),
    binges.share > 0 && say("habits.binges", { share: percent(binges.share), groups: quoted(binges.groups.map(([name]) => name)) }),
    repeats.share > 0 && [say("habits.repeats", { share: percent(repeats.share) }), " ",
      ...repeats.items.slice(0, 2).flatMap(([id, count], n) => [n ? " · " : "", el("a", { href: itemPage(id) }, title(id)), ` ×${number(count)}`])],
    exploration.creators !== null && exploration.visits > 4 && say("habits.explores", { share: percent(exploration.creators) }),
    drift.changed && drift.at && say("habits.drift", { when: day(drift.at * 1000) }),
    "return" in p.next && say("habits.return", { share: percent(p.next.return) }),
  ].filter(Boolean);
  const segments = p.segments.map((one) => el("span", { class: "label" }, called(one.name)));
  return el("section", { class: "panel" }, el("h3", {}, say("habits.words")), segments.length ? el("p", { class: "segments" }, segments) : null,
    lines.length ? el("ul", { class: "plain-list" }, lines.map((line) => el("li", {}, line))) : el("p", { class: "hint" }, say("habits.few")));
}

function over(p) {
  if (!p.interests.length) return null;
  const title = (id) => p.titles[id] ?? id;
  const names = p.interests.map((one) => called(one.name));
  const entries = p.interests.map((one, n) => ({
    name: el("span", {}, swatch(n), one.short_term ? `${names[n]} · ${say("habits.lately")}` : names[n]), share: one.share,
    note: one.items.slice(0, 2).map((id) => (language === "zh" ? `《${title(id)}》` : `“${title(id)}”`)).join(language === "zh" ? "、" : ", ") }));
  const rest = p.stream.layers.at(-1)?.some(Boolean);
  const layers = rest ? p.stream.layers : p.stream.layers.slice(0, -1);
  const drawn = p.stream.begins.length > 1 && layers.length
    ? areas(layers, rest ? [...names, say("habits.rest")] : names, p.stream.begins.map(day), say("habits.stream"), rest) : null;
  return el("section", { class: "panel" }, el("h3", {}, say("habits.interests")), drawn, bars(entries));
}

function swatch(n) {
  const node = el("span", { class: "swatch", "aria-hidden": "true" });
  node.style.background = layerHue(n);
  return node;
}

function clock(p) {
  if (!p.hours.some(Boolean)) return null;
  return el("section", { class: "panel" }, el("h3", {}, say("habits.when")),
    columns(p.hours, p.hours.map((_, hour) => (hour % 6 === 0 ? String(hour) : null)), say("habits.hours")),
    columns(p.weekdays, p.weekdays.map((_, n) => weekday(n)), say("habits.weekdays")),
    heat(p.week, p.week.map((_, n) => weekday(n)), say("habits.week")));
}

function devices(p) {
  const entries = Object.entries(p.devices).map(([name, share]) => ({ name: named("device", name), share }));
  return entries.length ? el("section", { class: "panel" }, el("h3", {}, say("habits.devices")), bars(entries)) : null;
}
