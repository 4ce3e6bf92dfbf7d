// What is said about an item, by whom: labels with their evidence, and a person's word that wins over all of them.

import { announce, api, el, has, inPath, itemPage, language, named, percent, say } from "./core.js";

let known = null;

/** The name of a label in the reader's language. */
export async function labelNames() {
  known ??= api("vocabularies").then((all) => {
    const names = new Map();
    for (const [vocabulary, labels] of Object.entries(all)) for (const { label, zh } of labels) names.set(`${vocabulary}/${label}`, language === "zh" && zh ? zh : label);
    return { all, name: (vocabulary, label) => names.get(`${vocabulary}/${label}`) ?? label };
  });
  return known;
}

export const evidence = (one) => {
  if (one.kind === "neighbor") return el("li", {}, say("label.like"), " ", el("a", { href: itemPage(one.item) }, one.name ?? one.item));
  return one.text ? el("li", {}, say(`label.${one.kind === "meaning" ? "meaning" : "words"}`), " ", el("q", {}, one.text)) : null;
};

/** Fills the section with what is said about an item; hides it where nobody says anything. */
export async function labels(node, id) {
  let said, names;
  try {
    [said, names] = await Promise.all([api(`items/${inPath(id)}/annotations`), labelNames()]);
  } catch (error) {
    node.replaceChildren(el("p", { class: "hint" }, error.message));
    node.hidden = false;
    return;
  }
  show(node, id, said, names);
}

function show(node, id, said, names) {
  const change = async (method, vocabulary, label, holds) => {
    const place = `items/${inPath(id)}/annotations`;
    try {
      const after = method === "PUT" ? await api(place, { method, body: { vocabulary, label, holds } })
        : await api(`${place}?vocabulary=${inPath(vocabulary)}&label=${inPath(label)}`, { method });
      show(node, id, after, names);
      announce(say("label.changed"));
    } catch (error) {
      announce(error.message);
    }
  };
  const groups = Object.entries(said.vocabularies).map(([vocabulary, group]) => part(vocabulary, group, said, names, change)).filter(Boolean);
  const short = said.blurb?.[language];
  const blurb = short && el("p", { class: "prose", "data-blurb": true }, short.text, " ", el("span", { class: "hint" }, say("label.blurb", { who: named("annotator", short.by) })));
  const summary = said.summary && el("p", { class: "prose" }, said.summary.text, " ", el("span", { class: "hint" }, say("label.summary", { who: named("annotator", said.summary.by) })));
  node.replaceChildren(el("h2", {}, say("label.title")), ...[blurb, summary, ...groups, adding(names, change)].filter(Boolean));
  node.hidden = false;
}

function part(vocabulary, group, said, names, change) {
  const rows = new Map(); // a label once, whoever says it
  for (const one of group.said) rows.set(one.label, [...(rows.get(one.label) ?? []), one]);
  for (const label of group.labels) if (!rows.has(label)) rows.set(label, []);
  if (!rows.size) return null;
  const title = has(`vocabulary.${vocabulary}`) ? say(`vocabulary.${vocabulary}`) : vocabulary;
  return el("section", { class: "labels" }, el("h3", {}, title), el("ul", { class: "plain-list" }, [...rows].map(([label, by]) =>
    row(vocabulary, label, by, group.labels.includes(label), said.warnings[label], names, change))));
}

function row(vocabulary, label, by, holds, warning, names, change) {
  const shown = names.name(vocabulary, label);
  const person = by.find((one) => one.annotator === "person");
  const who = by.map((one) => (one.annotator === "person" ? say(one.denied ? "label.denied" : "annotator.person") : `${named("annotator", one.annotator)} ${percent(one.confidence)}`));
  const status = vocabulary === "content_warnings" && warning ? [say(`moderation.${warning}`)] : [];
  const words = by.flatMap((one) => one.evidence).map(evidence).filter(Boolean);
  const button = (name, action) => el("button", { type: "button", class: "quiet small", "aria-label": `${say(name)}: ${shown}`, onclick: action }, say(name));
  return el("li", { class: holds ? "holds" : "open" }, el("span", { class: "label" }, shown), " ",
    el("span", { class: "hint" }, [...(who.length ? who : [say("annotator.owner")]), ...status].join(" · ")), " ",
    person ? button("label.undo", () => change("DELETE", vocabulary, label))
      : [button("label.deny", () => change("PUT", vocabulary, label, false)), by.length ? button("label.confirm", () => change("PUT", vocabulary, label, true)) : null],
    words.length ? el("details", {}, el("summary", {}, say("label.why")), el("ul", {}, words)) : null);
}

function adding(names, change) {
  const vocabulary = el("select", { "aria-label": say("label.vocabulary") }, Object.keys(names.all).map((name) => el("option", { value: name }, has(`vocabulary.${name}`) ? say(`vocabulary.${name}`) : name)));
  const label = el("select", { "aria-label": say("label.label") });
  const fill = () => label.replaceChildren(...names.all[vocabulary.value].map((one) => el("option", { value: one.label }, names.name(vocabulary.value, one.label))));
  vocabulary.addEventListener("change", fill);
  if (!Object.keys(names.all).length) return null;
  fill();
  return el("form", { class: "buttons", onsubmit: (event) => { event.preventDefault(); change("PUT", vocabulary.value, label.value, true); } },
    vocabulary, label, el("button", { class: "quiet" }, say("label.add")));
}
