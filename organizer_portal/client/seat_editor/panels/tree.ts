/**
 * The list of objects: the map's accessible twin. Everything that is on the floor, by sections, rows and seats; whatever is
 * selected here is selected on the map, and the other way round. One tab stop; arrows walk, Enter selects, Space adds.
 */
import { h } from "../dom";
import type { Editor } from "../editor";
import type { DecorationElement, LineElement, SectionElement } from "../model/document";
import { n, t } from "../words";
import { iconWords } from "../tools/draw";

interface Item {
  id: string;
  level: number;
  words: string;
  seats: () => string[];
  things: string[];
  children: (() => Item[]) | null;
}

export class Tree {
  private readonly open = new Set<string>();
  private current = "";
  private items: Item[] = [];
  /** The rows on the page by their item's id, each with what it was drawn from: only what differs is drawn again. */
  private rows = new Map<string, { from: string; row: HTMLElement }>();

  constructor(
    private readonly editor: Editor,
    private readonly host: HTMLElement,
  ) {
    host.addEventListener("keydown", (event) => this.key(event));
    host.addEventListener("click", (event) => this.clicked(event));
  }

  draw(): void {
    const { host } = this;
    const hadFocus = host.contains(document.activeElement);
    this.items = this.visible(this.top());
    if (!this.items.some((item) => item.id === this.current)) this.current = this.items[0]?.id ?? "";
    const before = this.rows;
    this.rows = new Map(this.items.map((item) => [item.id, this.drawn(item, before.get(item.id))]));
    const rows = [...this.rows.values()].map(({ row }) => row);
    if (!rows.length) rows.push(h("li", { class: "ed-hint", role: "treeitem", tabindex: "0", "aria-selected": "false" }, t("Nothing is on this floor yet.")));
    if (rows.length === host.children.length && rows.every((row, index) => row === host.children[index])) return;
    host.replaceChildren(...rows);
    if (hadFocus) this.focus();
  }

  private drawn(item: Item, before: { from: string; row: HTMLElement } | undefined): { from: string; row: HTMLElement } {
    const { editor } = this;
    const state = editor.hidden.has(item.id) ? t("hidden") : editor.locked.has(item.id) ? t("locked") : "";
    const isIn = editor.selection.has(item.id);
    const isOpen = this.open.has(item.id);
    const tabindex = item.id === this.current ? "0" : "-1";
    const from = [item.level, item.words, item.children !== null, isOpen, isIn, state, tabindex].join("\n");
    if (before?.from === from) return before;
    const row = h(
      "li",
      {
        role: "treeitem",
        id: `tree-${item.id}`,
        "data-id": item.id,
        tabindex,
        "aria-level": item.level,
        "aria-selected": String(isIn),
        "aria-expanded": item.children ? String(isOpen) : undefined,
      },
      h("span", { class: "ed-twist", "data-twist": item.children ? "" : undefined, "aria-hidden": "true" }, item.children ? (isOpen ? "▾" : "▸") : ""),
      h("span", { class: "ed-name" }, item.words),
      state ? h("span", { class: "ed-state" }, state) : null,
    );
    row.style.setProperty("--level", String(item.level));
    return { from, row };
  }

  private focus(): void {
    this.host.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: false });
  }

  private top(): Item[] {
    const { model } = this.editor;
    const floor = model.floor(this.editor.floorId);
    const sections = model.sections(floor).map((section) => this.section(section));
    const areas = floor.areas.map((id): Item => {
      const area = model.get(id);
      const words = area?.type === "area" ? `${area.name} · ${n(area.capacity)}` : "";
      return { id, level: 1, words, seats: () => [], things: [id], children: null };
    });
    const others = floor.decorations.map((id): Item => {
      const one = model.get(id) as DecorationElement;
      const kind = { stage: t("Stage"), text: t("Text"), icon: t("Icon"), shape: t("Shape") }[one.kind];
      const named = one.kind === "icon" ? iconWords(one.text) : one.text;
      return { id, level: 1, words: named && named !== kind ? `${kind}: ${named}` : kind, seats: () => [], things: [id], children: null };
    });
    return [...sections, ...areas, ...others];
  }

  private section(section: SectionElement): Item {
    const { model } = this.editor;
    const lines = model.lines(section);
    const seats = (): string[] => lines.flatMap((line) => line.seats.map((seat) => seat.id));
    const count = lines.reduce((sum, line) => sum + line.seats.length, 0);
    const words = `${section.name} · ${n(count)}`;
    return { id: section.id, level: 1, words, seats, things: [], children: () => lines.map((line) => this.line(line)) };
  }
  private line(line: LineElement): Item {
    const details = { label: line.label, n: n(line.seats.length) };
    const words = line.type === "row" ? t("Row {label} · {n}", details) : t("Table {label} · {n}", details);
    const seats = (): Item[] => line.seats.map((seat) => ({ id: seat.id, level: 3, words: t("Seat {label}", { label: seat.label }), seats: () => [seat.id], things: [], children: null }));
    return { id: line.id, level: 2, words, seats: () => line.seats.map((seat) => seat.id), things: [], children: seats };
  }
  private visible(items: readonly Item[]): Item[] {
    return items.flatMap((item) => [item, ...(item.children && this.open.has(item.id) ? this.visible(item.children()) : [])]);
  }

  private clicked(event: MouseEvent): void {
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>("[data-id]");
    const item = this.items.find((one) => one.id === row?.dataset["id"]);
    if (!item) return;
    this.current = item.id;
    if (target.closest("[data-twist]")) this.turn(item);
    else this.choose(item, event.shiftKey || event.ctrlKey || event.metaKey);
    this.draw();
    this.focus();
  }
  private turn(item: Item): void {
    if (this.open.has(item.id)) this.open.delete(item.id);
    else this.open.add(item.id);
  }
  private choose(item: Item, isAdding: boolean): void {
    const { selection } = this.editor;
    this.editor.grain = item.level === 1 && item.children ? "section" : item.level === 3 ? "seat" : "row";
    if (isAdding) selection.toggle(item.seats(), item.things);
    else selection.set(item.seats(), item.things);
    this.editor.reveal(item.things.length ? item.things : [item.id]);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.items.findIndex((item) => item.id === this.current);
    const item = this.items[at];
    if (!item) return;
    const go = (index: number): void => void (this.current = this.items[Math.max(0, Math.min(this.items.length - 1, index))]!.id);
    switch (event.key) {
      case "ArrowDown":
        go(at + 1);
        break;
      case "ArrowUp":
        go(at - 1);
        break;
      case "Home":
        go(0);
        break;
      case "End":
        go(this.items.length - 1);
        break;
      case "ArrowRight":
        if (item.children && !this.open.has(item.id)) this.open.add(item.id);
        else if (item.children) go(at + 1);
        break;
      case "ArrowLeft":
        if (item.children && this.open.has(item.id)) this.open.delete(item.id);
        else for (let index = at; index >= 0; index--) if (this.items[index]!.level < item.level) { go(index); break; }
        break;
      case "Enter":
        this.choose(item, event.shiftKey);
        break;
      case " ":
        this.choose(item, true);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
    this.draw();
    this.focus();
  }
}
