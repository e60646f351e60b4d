/** Seats set aside at one of the dates that sell this map: for whom, how many, and those that are selected or painted. */
import { button, buttons, field, group, h, selectField, textField } from "../dom";
import type { Editor } from "../editor";
import type { Block, LiveDates } from "../live";
import { n, t, tn } from "../words";

/** Which date, and for whom: for the panel and for the brush. */
export function allocationFields(editor: Editor, live: LiveDates): HTMLElement[] {
  const dates = live.dates.map((date) => [date.id, `${date.title}, ${date.when}`] as const);
  const date = selectField(t("Date"), live.current || null, dates, (id) => void live.open(id));
  if (!live.current) return [date];
  const choices = [["", t("Somebody new")] as const, ...live.blocks.map((block) => [block.id, named(block)] as const)];
  const whom = selectField(t("Set aside for"), live.chosen, choices, (id) => {
    live.chosen = id;
    editor.changed();
  });
  const problem = live.problem ? [h("p", { class: "ed-warn", role: "alert" }, live.problem)] : [];
  return [date, whom, ...(live.chosen ? [] : newFields(live)), ...problem];
}

function named(block: Block): string {
  return [block.owner, block.reason].filter(Boolean).join(": ");
}

function newFields(live: LiveDates): HTMLElement[] {
  const { next } = live;
  const release = h("input", { class: "input", type: "datetime-local", value: next.release, onchange: () => (next.release = release.value) });
  const colors = live.colors.map((color) => {
    const swatch = h("span", { class: "ed-swatch", "aria-hidden": "true" });
    swatch.style.backgroundColor = color;
    const take = (event: Event): void => {
      next.color = color;
      for (const one of (event.currentTarget as HTMLElement).parentElement!.children) one.setAttribute("aria-pressed", String(one === event.currentTarget));
    };
    return h("button", { type: "button", class: "ed-color", "aria-pressed": String(color === next.color), "aria-label": t("Colour {color}", { color }), onclick: take }, swatch);
  });
  return [
    textField(t("For whom: house, press, promoter"), next.owner, (owner) => (next.owner = owner), 40),
    textField(t("Reason"), next.reason, (reason) => (next.reason = reason), 120),
    field(t("Back on sale (empty: never by itself)"), release),
    h("div", { class: "ed-swatches", role: "group", "aria-label": t("Colour on the map") }, ...colors),
  ];
}

export function drawAllocations(editor: Editor, host: HTMLElement): void {
  const { live } = editor;
  const active = document.activeElement;
  if (!live || (active instanceof HTMLInputElement && host.contains(active) && active.type !== "button")) return;
  const at = active && host.contains(active) ? controls(host).indexOf(active as HTMLElement) : -1;
  if (!live.dates.length) {
    host.replaceChildren(group(t("Allocations"), h("p", { class: "ed-hint" }, t("No date on sale uses this map. Seats are set aside once an event with it is published."))));
    return;
  }
  const { selection } = editor;
  const chosen = live.dates.find((date) => date.id === live.current);
  host.replaceChildren(
    group(
      t("Allocations"),
      ...allocationFields(editor, live),
      chosen
        ? buttons(
            button(tn("Set {n} selected seat aside", "Set {n} selected seats aside", selection.seats.size), () => void live.allocate(selection.seats), "btn btn-sm btn-neutral", { disabled: !selection.seats.size || editor.isReadOnly }),
            button(t("Put them back on sale"), () => void live.putBack(selection.seats), "btn btn-sm", { disabled: !selection.seats.size || editor.isReadOnly }),
          )
        : h("p", { class: "ed-hint" }, t("Choose a date: its seats that are set aside are shown in their colours.")),
      h("p", { class: "ed-hint" }, t("This happens at once and for this date alone. The brush does the same; Undo does not take it back.")),
    ),
    ...(chosen ? [list(editor, live), h("a", { class: "link-text", href: chosen.url }, t("Who sits where"))] : []),
  );
  if (at >= 0) controls(host)[at]?.focus();
}

function controls(host: HTMLElement): HTMLElement[] {
  return [...host.querySelectorAll<HTMLElement>("input, select, button")];
}

function list(editor: Editor, live: LiveDates): HTMLElement {
  const rows = live.blocks.map((block) => {
    const swatch = h("span", { class: "ed-swatch", "aria-hidden": "true" });
    swatch.style.backgroundColor = block.color;
    const until = block.release ? t("until {when}", { when: block.release }) : t("until somebody releases them");
    return h(
      "li",
      {},
      swatch,
      h("span", { class: "ed-block" }, h("strong", {}, named(block)), h("span", { class: "ed-hint" }, `${tn("{n} seat", "{n} seats", block.seats.length)}, ${until}`)),
      button(t("Select"), () => editor.selection.set(block.seats.filter((id) => editor.model.isSeat(id))), "btn btn-sm", { "aria-label": t("Select the seats of {name}", { name: named(block) }) }),
    );
  });
  const total = live.blocks.reduce((sum, block) => sum + block.seats.length, 0);
  return group(t("Set aside: {n}", { n: n(total) }), h("ul", { class: "ed-blocks" }, ...rows));
}
