// A person's earlier conversations: read them again, go on with one, delete one.

import { announce, api, el, icon, inPath, me, say, trouble, when } from "./core.js";

/** A list that `refresh()` fills. `talk`: where a chosen one is opened; `onopen`: called then. */
export function earlier(talk, onopen) {
  const list = el("ul", { class: "earlier-list" });
  const node = el("section", { class: "earlier", "aria-labelledby": "earlier-title", data: { earlier: "" } }, el("h2", { id: "earlier-title", tabindex: -1 }, say("talk.earlier")), list);

  const open = async (id) => {
    try {
      await talk.open(id);
      onopen?.();
    } catch (error) {
      announce(error.message);
      refresh();
    }
  };

  const forget = (one) => {
    const confirm = async () => {
      dialog.close();
      try {
        await api(`conversations/${inPath(one.conversation)}?user_id=${inPath(me())}`, { method: "DELETE" });
      } catch (error) {
        if (!error.noConversation) return announce(error.message);
      }
      if (talk.conversation === one.conversation) talk.fresh();
      announce(say("talk.forgotten"));
      await refresh();
      node.querySelector("h2").focus();
    };
    const dialog = el("dialog", { class: "ask", "aria-labelledby": "forget-title", onclose: () => dialog.remove() },
      el("h2", { id: "forget-title" }, say("talk.forget.title")), el("p", {}, `“${one.begins}”`), el("p", {}, say("talk.forget.text")),
      el("div", { class: "buttons" }, el("button", { type: "button", class: "quiet", autofocus: true, onclick: () => dialog.close() }, say("cancel")),
        el("button", { type: "button", class: "danger", onclick: confirm }, say("talk.forget.yes"))));
    document.body.append(dialog);
    dialog.showModal();
  };

  async function refresh() {
    let found;
    try {
      found = (await api(`users/${inPath(me())}/conversations`)).conversations;
    } catch (error) {
      list.replaceChildren(el("li", {}, trouble(error, refresh)));
      return;
    }
    const nothing = el("li", { class: "hint" }, say("talk.earlier.none"));
    list.replaceChildren(...(found.length ? found.map((one) => el("li", { data: { conversation: one.conversation } },
      el("button", { type: "button", class: "earlier-open", "aria-current": one.conversation === talk.conversation ? "true" : null, onclick: () => open(one.conversation) },
        el("span", { class: "earlier-begins" }, one.begins), el("span", { class: "hint" }, `${when(1000 * one.changed_at)} · ${say(one.turns === 1 ? "talk.turn" : "talk.turns", { count: one.turns })}`)),
      el("button", { type: "button", class: "plain bin", "aria-label": say("talk.forget", { begins: one.begins }), onclick: () => forget(one) }, icon("bin")))) : [nothing]));
  }
  return { node, refresh };
}

/** The same in a drawer. */
export function showEarlier(talk) {
  const close = () => dialog.close();
  const { node, refresh } = earlier(talk, close);
  const dialog = el("dialog", { class: "drawer", "aria-labelledby": "earlier-title", onclose: () => dialog.remove(), onclick: (event) => event.target === dialog && close() },
    el("header", { class: "drawer-head" }, el("div"), el("button", { type: "button", class: "plain", "aria-label": say("close"), autofocus: true, onclick: close }, icon("close"))), node);
  document.body.append(dialog);
  dialog.showModal();
  refresh();
}
