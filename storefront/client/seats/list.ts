/**
 * The seats as a list: a grid for each section, equal to the map and complete without it. One tab stop; arrows go by physical
 * place, Ctrl with an arrow to the next free seat, Home and End along the row, Page up and down by five rows, and typing
 * "F12" jumps. Only the rows in view are in the document, and what is there stays there while it changes: whoever listens to
 * a seat or presses it keeps it.
 */
import { whisper } from "@ui/lib/say";
import { type SceneLine, SeatState } from "@ui/seatmap";
import type { Choice } from "./model";
import { fill } from "./page";

const ROW_PIXELS = 44;
const AROUND = 3; // rows beyond those in view
const TYPING_MS = 1200;

export interface ListTarget {
  pressed(seat: number): void;
  focused(seat: number): void;
  /** Its price's, as on the map. */
  colorOf(seat: number): string;
}

export class ListView {
  private section = -1;
  private lines: number[] = [];
  private current = -1;
  private typed = "";
  private typedAt = 0;
  private readonly rows = new Map<number, HTMLElement>();
  private readonly cells = new Map<number, HTMLElement>();
  private readonly select: HTMLSelectElement;
  private readonly grid: HTMLElement;
  private readonly body: HTMLElement;

  constructor(
    root: HTMLElement,
    private readonly choice: Choice,
    private readonly target: ListTarget,
  ) {
    this.select = root.querySelector<HTMLSelectElement>("[data-sections]")!;
    this.grid = root.querySelector<HTMLElement>('[role="grid"]')!;
    this.body = this.grid.querySelector<HTMLElement>("[data-rows]")!;
    choice.scene.sections.forEach((_section, number) => this.select.append(new Option("", String(number))));
    this.nameSections();
    this.select.addEventListener("change", () => this.showSection(Number(this.select.value)));
    this.select.addEventListener("focus", () => this.nameSections());
    this.grid.addEventListener("keydown", (event) => this.key(event));
    this.grid.addEventListener("click", (event) => {
      const cell = (event.target as Element).closest<HTMLElement>("[data-seat]");
      if (cell) this.press(Number(cell.dataset.seat));
    });
    this.grid.addEventListener("focusin", (event) => {
      const seat = (event.target as HTMLElement).dataset.seat;
      if (seat !== undefined) this.target.focused(Number(seat));
    });
    this.grid.addEventListener("focusout", () => this.target.focused(-1));
    this.grid.addEventListener("scroll", () => this.draw(), { passive: true });
    choice.addEventListener("states", () => this.nameSections());
    for (const news of ["states", "chosen", "filters"]) choice.addEventListener(news, () => this.redraw());
    this.showSection(0);
  }

  /** The seat that a Tab leads to. */
  get tabStop(): number {
    return this.current;
  }

  /** Opens the section of this seat and puts the tab stop there; with `isFocused` the focus as well. */
  goTo(seat: number, isFocused = true): void {
    this.current = seat;
    const section = this.choice.sectionOf(seat);
    if (section !== this.section) this.showSection(section, seat);
    const row = this.lines.indexOf(this.choice.scene.line[seat]!);
    const top = row * ROW_PIXELS;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    if (top + ROW_PIXELS > this.grid.scrollTop + this.grid.clientHeight) this.grid.scrollTop = top + ROW_PIXELS - this.grid.clientHeight;
    this.redraw();
    const cell = this.body.querySelector<HTMLElement>(`[data-seat="${seat}"]`);
    cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (isFocused) cell?.focus({ preventScroll: true });
  }

  private nameSections(): void {
    const { scene, states, page } = this.choice;
    [...this.select.options].forEach((option, number) => {
      const section = scene.sections[number]!;
      let free = 0;
      for (let seat = section.first; seat < section.first + section.count; seat++) free += Number(states[seat] === SeatState.Free);
      const words = fill(page.words.sectionOption, { name: section.name, n: free });
      if (option.textContent !== words) option.textContent = words;
    });
  }

  private showSection(number: number, seat = -1): void {
    const { scene } = this.choice;
    const section = scene.sections[number];
    if (!section) return;
    this.section = number;
    this.select.value = String(number);
    this.lines = scene.lines.flatMap((line, at) => (line.section === number && line.count ? [at] : []));
    const firstFree = Array.from({ length: section.count }, (_none, at) => section.first + at).find((at) => this.choice.states[at] === SeatState.Free);
    this.current = seat >= 0 ? seat : (firstFree ?? section.first);
    this.grid.setAttribute("aria-label", fill(this.choice.page.words.gridName, { name: section.name }));
    this.grid.setAttribute("aria-rowcount", String(this.lines.length));
    this.grid.setAttribute("aria-colcount", String(Math.max(0, ...this.lines.map((line) => this.columns(line)))));
    this.body.style.setProperty("height", `${this.lines.length * ROW_PIXELS}px`);
    this.grid.scrollTop = 0;
    this.rows.clear();
    this.cells.clear();
    this.body.replaceChildren();
    this.redraw();
  }

  /** Row header, seats, and a column for each aisle. */
  private columns(line: number): number {
    const { count, gaps } = this.choice.scene.lines[line]!;
    return 1 + count + gaps.length;
  }

  private redraw(): void {
    this.draw();
    this.cells.forEach((cell, seat) => this.paint(cell, seat));
  }

  /** The rows in view, some around them, and always the one with the tab stop; those that are there already are left alone. */
  private draw(): void {
    const height = this.grid.clientHeight || 8 * ROW_PIXELS;
    const from = Math.max(0, Math.floor(this.grid.scrollTop / ROW_PIXELS) - AROUND);
    const to = Math.min(this.lines.length - 1, Math.ceil((this.grid.scrollTop + height) / ROW_PIXELS) + AROUND);
    const wanted = Array.from({ length: Math.max(0, to - from + 1) }, (_none, at) => from + at);
    const kept = this.lines.indexOf(this.choice.scene.line[this.current] ?? -1);
    if (kept >= 0 && (kept < from || kept > to)) wanted.push(kept);
    for (const row of [...this.rows.keys()].filter((one) => !wanted.includes(one))) this.drop(row);
    wanted.sort((a, b) => a - b).forEach((row, at) => {
      if (this.rows.has(row)) return;
      const made = this.row(row);
      this.rows.set(row, made);
      this.body.insertBefore(made, this.body.children[at] ?? null);
    });
  }

  private drop(row: number): void {
    const { first, count } = this.lineAt(row);
    for (let seat = first; seat < first + count; seat++) this.cells.delete(seat);
    this.rows.get(row)!.remove();
    this.rows.delete(row);
  }

  private row(place: number): HTMLElement {
    const { choice } = this;
    const line = choice.scene.lines[this.lines[place]!]!;
    const row = element("div", "row", "seats-row");
    row.setAttribute("aria-rowindex", String(place + 1));
    row.style.setProperty("transform", `translateY(${place * ROW_PIXELS}px)`);
    const head = element("div", "rowheader", "seats-row-head");
    head.textContent = line.label;
    head.setAttribute("aria-label", fill(line.kind ? choice.page.words.tableName : choice.page.words.rowName, { row: line.label }));
    head.setAttribute("aria-colindex", "1");
    row.append(head);
    const aisles = new Set(line.gaps);
    let column = 2;
    const step = this.rightward(line);
    const end = step > 0 ? line.first + line.count : line.first - 1;
    for (let seat = step > 0 ? line.first : line.first + line.count - 1; seat !== end; seat += step) {
      row.append(this.cell(seat, column++));
      if (!aisles.has(Math.min(seat, seat + step) - line.first)) continue;
      const aisle = element("div", "gridcell", "seats-aisle");
      aisle.setAttribute("aria-colindex", String(column++));
      aisle.setAttribute("aria-label", choice.page.words.aisle ?? "");
      row.append(aisle);
    }
    return row;
  }

  private cell(seat: number, column: number): HTMLElement {
    const cell = element("div", "gridcell", "seats-cell");
    cell.dataset.seat = String(seat);
    if (this.choice.isSpace(seat)) cell.dataset.space = "";
    cell.setAttribute("aria-colindex", String(column));
    cell.textContent = this.choice.scene.label(seat);
    this.cells.set(seat, cell);
    this.paint(cell, seat);
    return cell;
  }

  /** What may change of a seat; only what did is written. */
  private paint(cell: HTMLElement, seat: number): void {
    const { choice } = this;
    const isOpen = choice.canTake(seat) || choice.has(seat);
    const state = choice.has(seat) ? "mine" : isOpen ? "free" : choice.states[seat] === SeatState.Held ? "held" : "gone";
    cell.style.setProperty("border-color", state === "free" ? this.target.colorOf(seat) : "");
    const now = {
      "data-state": state,
      tabindex: seat === this.current ? "0" : "-1",
      "aria-selected": String(choice.has(seat)),
      "aria-disabled": String(!isOpen),
      "aria-label": choice.fullName(seat),
    };
    for (const [name, value] of Object.entries(now)) if (cell.getAttribute(name) !== value) cell.setAttribute(name, value);
  }

  private press(seat: number): void {
    this.current = seat;
    if (!this.choice.canTake(seat) && !this.choice.has(seat)) return whisper(this.choice.fullName(seat));
    this.goTo(seat);
    this.target.pressed(seat);
  }

  // --- Keys -------------------------------------------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    const seat = this.current;
    const isFar = event.ctrlKey || event.metaKey;
    const moves: Record<string, () => number> = {
      ArrowRight: () => (isFar ? this.nextFree(seat, 1) : this.along(seat, this.rightward(this.lineOf(seat)))),
      ArrowLeft: () => (isFar ? this.nextFree(seat, -1) : this.along(seat, -this.rightward(this.lineOf(seat)))),
      ArrowDown: () => (isFar ? this.freeBelow(seat, 1) : this.above(seat, 1)),
      ArrowUp: () => (isFar ? this.freeBelow(seat, -1) : this.above(seat, -1)),
      Home: () => this.endOf(isFar ? this.lineAt(0) : this.lineOf(seat), -1),
      End: () => this.endOf(isFar ? this.lineAt(this.lines.length - 1) : this.lineOf(seat), 1),
      PageDown: () => this.above(seat, 5),
      PageUp: () => this.above(seat, -5),
    };
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      const next = move();
      if (next >= 0 && next !== seat) this.goTo(next);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.press(seat);
    } else if (/^[\p{L}\p{N}]$/u.test(event.key) && !isFar && !event.altKey) {
      this.type(event.key);
    }
  }

  private lineOf(seat: number): SceneLine {
    return this.choice.scene.lines[this.choice.scene.line[seat]!]!;
  }
  private lineAt(row: number): SceneLine {
    return this.choice.scene.lines[this.lines[row]!]!;
  }

  /** The step in the row's order that goes to the right on the map: 1, or -1 where it is numbered from the right. */
  private rightward(line: SceneLine): 1 | -1 {
    const { x } = this.choice.scene;
    return x[line.first + line.count - 1]! >= x[line.first]! ? 1 : -1;
  }
  private endOf(line: SceneLine, side: 1 | -1): number {
    return this.rightward(line) * side > 0 ? line.first + line.count - 1 : line.first;
  }

  /** To the next seat of the row, in the direction that the screen has it. */
  private along(seat: number, step: number): number {
    const line = this.lineOf(seat);
    const next = seat + step;
    if (next < line.first || next >= line.first + line.count) return -1;
    if (line.gaps.includes(Math.min(seat, next) - line.first)) whisper(this.choice.page.words.aisle ?? "");
    return next;
  }

  /** The seat that stands nearest, so many rows on. */
  private above(seat: number, rows: number): number {
    const here = this.lines.indexOf(this.choice.scene.line[seat]!);
    const row = Math.max(0, Math.min(this.lines.length - 1, here + rows));
    return row === here ? -1 : this.nearestIn(row, seat);
  }

  private nearestIn(row: number, seat: number, isWanted: (seat: number) => boolean = () => true): number {
    const { x, y } = this.choice.scene;
    const line = this.lineAt(row);
    let [best, least] = [-1, Infinity];
    for (let other = line.first; other < line.first + line.count; other++) {
      const distance = Math.hypot(x[other]! - x[seat]!, y[other]! - y[seat]!);
      if (distance < least && isWanted(other)) [best, least] = [other, distance];
    }
    return best;
  }

  private nextFree(seat: number, step: number): number {
    const { scene } = this.choice;
    const section = scene.sections[this.section]!;
    for (let next = seat + step; next >= section.first && next < section.first + section.count; next += step) {
      if (this.choice.canTake(next)) return next;
    }
    return -1;
  }

  private freeBelow(seat: number, step: number): number {
    const here = this.lines.indexOf(this.choice.scene.line[seat]!);
    for (let row = here + step; row >= 0 && row < this.lines.length; row += step) {
      const found = this.nearestIn(row, seat, (other) => this.choice.canTake(other));
      if (found >= 0) return found;
    }
    return -1;
  }

  /** "F12": row F, and as more is typed its seat 12. */
  private type(letter: string): void {
    const now = performance.now();
    this.typed = (now - this.typedAt > TYPING_MS ? "" : this.typed) + letter.toLowerCase();
    this.typedAt = now;
    const { scene } = this.choice;
    for (const number of this.lines) {
      const line = scene.lines[number]!;
      const label = line.label.toLowerCase();
      if (!this.typed.startsWith(label)) continue;
      const rest = this.typed.slice(label.length);
      const places = Array.from({ length: line.count }, (_none, at) => line.first + at);
      const found = rest ? places.find((seat) => scene.label(seat).toLowerCase() === rest) : line.first;
      if (found !== undefined) return this.goTo(found);
    }
  }
}

function element(name: string, role: string, css: string): HTMLElement {
  const made = document.createElement(name);
  made.setAttribute("role", role);
  made.className = css;
  return made;
}
