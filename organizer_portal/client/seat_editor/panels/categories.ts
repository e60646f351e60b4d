/** The categories: names, colours, how many seats each has, and what they would bring in. */
import { button, group, h } from "../dom";
import type { Editor } from "../editor";
import * as commands from "../model/commands";
import type { AreaElement, Category } from "../model/document";
import type { MapModel } from "../model/model";
import { n, t, tn } from "../words";

/** Prices are for the sum alone: an event sets its own. They stay in this browser. */
export class Prices {
  private readonly key: string;
  private readonly prices: Record<string, number>;

  constructor(mapId: string) {
    this.key = `seat-map-prices-${mapId}`;
    this.prices = JSON.parse(localStorage.getItem(this.key) ?? "{}") as Record<string, number>;
  }
  of(key: string): number {
    return this.prices[key] ?? 0;
  }
  set(key: string, price: number): void {
    this.prices[key] = price;
    localStorage.setItem(this.key, JSON.stringify(this.prices));
  }
}

export interface Counts {
  seats: number;
  places: number;
  byCategory: Map<string, number>;
}

let kept: { model: MapModel; version: number; counts: Counts } | undefined;

/** Counted once for each state of the map. */
export function countsOf({ model }: Editor): Counts {
  if (kept?.model !== model || kept.version !== model.version) kept = { model, version: model.version, counts: count(model) };
  return kept.counts;
}

function count(model: MapModel): Counts {
  const counts: Counts = { seats: 0, places: 0, byCategory: new Map() };
  const add = (key: string | null, number: number): void => void counts.byCategory.set(key ?? "", (counts.byCategory.get(key ?? "") ?? 0) + number);
  for (const floor of model.floors()) {
    for (const section of model.sections(floor)) {
      for (const line of model.lines(section)) {
        counts.seats += line.seats.length;
        for (const seat of line.seats) add(seat.category ?? line.category ?? section.category, 1);
      }
    }
    for (const id of floor.areas) {
      const area = model.get(id) as AreaElement;
      counts.places += area.capacity;
      add(area.category, area.capacity);
    }
  }
  return counts;
}

export function drawCategories(editor: Editor, host: HTMLElement, prices: Prices): void {
  if (host.contains(document.activeElement) && document.activeElement?.matches("input")) return;
  const { model } = editor;
  const { categories } = model.map;
  const counts = countsOf(editor);
  const set = (index: number, members: Partial<Category>): void => commands.setCategories(model, categories.map((one, at) => (at === index ? { ...one, ...members } : one)));
  const list = h("ul", { class: "ed-categories" });
  let total = 0;
  categories.forEach((category, index) => {
    const count = counts.byCategory.get(category.key) ?? 0;
    total += count * prices.of(category.key);
    const color = h("input", { type: "color", value: category.color, "aria-label": t("Colour of {name}", { name: category.name }), onchange: () => set(index, { color: color.value }) });
    const name = h("input", { class: "input", type: "text", maxlength: 80, value: category.name, "aria-label": t("Name of the category {name}", { name: category.name }), onchange: () => set(index, { name: name.value.trim() || category.name }) });
    const price = h("input", {
      class: "input",
      type: "number",
      min: 0,
      step: "any",
      placeholder: t("Price"),
      value: prices.of(category.key) || "",
      "aria-label": t("Price of {name}, for the sum", { name: category.name }),
      onchange: () => {
        prices.set(category.key, price.valueAsNumber || 0);
        price.blur();
        editor.changed();
      },
    });
    list.append(
      h(
        "li",
        {},
        color,
        name,
        h("button", { type: "button", class: "btn btn-sm btn-ghost", "aria-label": t("Remove {name}", { name: category.name }), onclick: () => commands.setCategories(model, categories.filter((one) => one !== category)) }, "✕"),
        h("span", { class: "ed-count" }, tn("{n} place", "{n} places", count)),
        price,
        button(t("Select"), () => editor.made(ofCategory(editor, category.key)), "btn btn-sm", { "aria-label": t("Select all of {name} on this floor", { name: category.name }) }),
      ),
    );
  });
  const without = counts.byCategory.get("") ?? 0;
  const palette = h(
    "div",
    { class: "ed-swatches", role: "group", "aria-label": t("Colours that almost everybody can tell apart") },
    ...commands.PALETTE.map((color) => {
      const swatch = h("span", { class: "ed-swatch", "aria-hidden": "true" });
      swatch.style.backgroundColor = color;
      const add = (): void => {
        const made = commands.newCategory(model, t("Category {n}", { n: categories.length + 1 }));
        commands.setCategories(model, [...categories, { ...made, color }]);
      };
      return h("button", { type: "button", class: "ed-color", "aria-label": t("Add a category in {color}", { color }), onclick: add }, swatch);
    }),
  );
  host.replaceChildren(
    group(
      t("Categories"),
      list,
      without ? h("p", { class: "ed-warn" }, tn("{n} place has no category.", "{n} places have no category.", without)) : null,
      h("p", { class: "ed-label" }, t("Add one")),
      palette,
      h("p", { class: "ed-total" }, t("All places at these prices: {sum}", { sum: n(total, 2) })),
      h("p", { class: "ed-hint" }, t("Prices are for the sum and stay in this browser; each event sets its own.")),
    ),
  );
  if (editor.isReadOnly) for (const control of host.querySelectorAll("input, button")) control.setAttribute("disabled", "");
}

function ofCategory(editor: Editor, key: string): { seats: string[]; things: string[] } {
  const { model } = editor;
  const floor = model.floor(editor.floorId);
  const seats = model.sections(floor).flatMap((section) =>
    model.lines(section).flatMap((line) => line.seats.filter((seat) => (seat.category ?? line.category ?? section.category) === key).map((seat) => seat.id)),
  );
  return { seats, things: floor.areas.filter((id) => (model.get(id) as AreaElement).category === key) };
}

