/**
 * The staff map: who sits where, seats blocked and released, tickets moved. Each mode says what a click on a seat does; the
 * lists beside the map do the same without it, through the same addresses.
 */
import { clearBusy, setBusy } from "@ui/behaviours/busy";
import { say, whisper } from "@ui/lib/say";
import { text } from "@ui/lib/text";
import { type GeometryJson, SeatMap, sceneOf, themeOf } from "@ui/seatmap";
import { Code, type Guest, House, post, type Refusal, watch } from "./staff/data";
import { drawMarks, type Frame, statesOf } from "./staff/marks";
import { button, guestFacts, made } from "./staff/panel";

type Mode = "look" | "block" | "release" | "move";
const MOST_FOUND = 50;

class StaffMap {
  private mode: Mode = "look";
  private chosen = new Set<number>();
  private moving: Guest | undefined;
  private frame: Frame | undefined;
  private readonly map: SeatMap;
  private readonly house: House;

  constructor(
    private readonly root: HTMLElement,
    geometry: GeometryJson,
  ) {
    root.hidden = false; // before the map measures itself
    const scene = sceneOf(geometry);
    const host = this.part("[data-host]");
    this.house = new House(root.dataset["data"]!, geometry.hash, scene.count);
    this.map = new SeatMap(host, scene, {
      claim: (event) => this.claims(event),
      overlay: (context, map) => {
        const theme = themeOf(host);
        drawMarks(context, map, this.house, theme.ink, theme.ground, this.frame);
      },
    });
    this.map.on("seat", ({ seat }) => this.pick(seat));
    // Where one looks, for whoever must find a seat on the screen: browser tests, above all.
    this.map.on("move", ({ view }) => (host.dataset["view"] = `${view.x} ${view.y} ${view.scale}`));
    this.floors();
    this.buttons();
    this.finding();
    this.forms();
  }

  async start(): Promise<void> {
    await this.look(true);
    watch(this.root.dataset["socket"]!, () => void this.look());
    this.find(); // somebody was searched for before the page was loaded
  }

  /** Asks for the seats and draws them; the figures beside the map follow. */
  private async look(isWhole = false): Promise<void> {
    try {
      if (!(await this.house.ask(isWhole))) return;
    } catch {
      return; // the next look will do
    }
    this.map.setStates(statesOf(this.house));
    this.captions();
    for (const seat of this.chosen) if (!this.isWanted(seat)) this.chosen.delete(seat);
    this.showChosen();
    this.find(false, true);
    await this.figures();
  }

  private async figures(): Promise<void> {
    const shown = document.getElementById("seat-figures");
    if (!shown || shown.contains(document.activeElement)) return; // nobody loses their place in a list
    const response = await fetch(this.root.dataset["figures"]!);
    if (response.ok) shown.innerHTML = await response.text(); // our own page, escaped by its template
  }

  private captions(): void {
    const { scene } = this.map;
    this.map.setCaptions(
      scene.sections.map(({ first, count }) => {
        const codes = this.house.codes.subarray(first, first + count);
        return [this.say("sold", { sold: codes.filter((code) => code === Code.Sold).length, all: codes.filter((code) => code !== Code.NotForSale).length })];
      }),
    );
  }

  // --- Choosing ---------------------------------------------------------------------------------------------------------------------

  private isWanted(seat: number): boolean {
    const code = this.house.codes[seat];
    if (this.mode === "block" || this.mode === "move") return code === Code.Free;
    return this.mode === "release" ? code === Code.Blocked : false;
  }

  private pick(seat: number): void {
    if (this.mode === "look") return this.tell(seat);
    if (!this.isWanted(seat)) return whisper(this.words(seat));
    if (this.mode === "move") return this.confirmMove(seat);
    if (!this.chosen.delete(seat)) this.chosen.add(seat);
    this.showChosen();
  }

  /** A mouse that draws a frame in a mode that chooses many takes its pointer from the camera; fingers keep moving the map. */
  private claims(event: PointerEvent): boolean {
    if (event.pointerType !== "mouse" || event.button !== 0 || (this.mode !== "block" && this.mode !== "release")) return false;
    const host = this.map.host;
    const at = (moved: PointerEvent): [number, number] => {
      const { left, top } = host.getBoundingClientRect();
      return [moved.clientX - left, moved.clientY - top];
    };
    const from = at(event);
    const move = (moved: PointerEvent): void => {
      this.frame = { from, to: at(moved) };
      this.map.topChanged();
    };
    const up = (moved: PointerEvent): void => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", up);
      const to = at(moved);
      this.frame = undefined;
      if (Math.hypot(to[0] - from[0], to[1] - from[1]) < 6) this.clicked(from);
      else this.enclosed(from, to);
      this.map.topChanged();
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", up);
    return true;
  }

  private clicked([x, y]: [number, number]): void {
    const seat = this.map.pitchOnScreen < 9 ? -1 : this.map.seatAt(x, y);
    if (seat >= 0) return this.pick(seat);
    const section = this.map.sectionAt(x, y);
    if (section >= 0 && this.map.pitchOnScreen < 9) this.map.zoomToSection(section);
  }

  private enclosed(from: [number, number], to: [number, number]): void {
    const [left, top] = this.map.camera.toMap(Math.min(from[0], to[0]), Math.min(from[1], to[1]));
    const [right, bottom] = this.map.camera.toMap(Math.max(from[0], to[0]), Math.max(from[1], to[1]));
    for (const seat of this.map.seatsIn({ left, top, right, bottom })) if (this.isWanted(seat)) this.chosen.add(seat);
    this.showChosen();
  }

  private showChosen(): void {
    this.map.setSelection(this.chosen);
    if (this.mode === "look" || this.mode === "move") return;
    const n = this.chosen.size;
    const words = this.say((this.mode === "block" ? "chosen" : "release") + (n === 1 ? "One" : ""), { n });
    if (this.mode === "block") this.blockForm(words);
    else this.about(made("p", "font-semibold", words), ...(n ? [button(this.label("release"), () => void this.release([...this.chosen]))] : []));
  }

  // --- Modes ------------------------------------------------------------------------------------------------------------------------

  private setMode(mode: Mode): void {
    this.mode = mode;
    this.chosen.clear();
    this.about();
    this.moving = mode === "move" ? this.moving : undefined;
    this.root.querySelectorAll<HTMLElement>("[data-mode]").forEach((one) => {
      one.setAttribute("aria-pressed", String(one.dataset["mode"] === mode));
    });
    this.root.querySelectorAll<HTMLElement>("[data-hint]").forEach((one) => (one.hidden = one.dataset["hint"] !== mode));
    this.part("[data-moving]").hidden = mode !== "move";
    this.map.setGhost([]);
    this.map.focusSeat(-1);
    this.blockForm("");
    this.showChosen();
  }

  private label(mode: Mode): string {
    return this.root.querySelector(`[data-mode="${mode}"]`)?.textContent?.trim() ?? "";
  }

  private buttons(): void {
    this.root.addEventListener("click", (event) => {
      const target = (event.target as Element).closest<HTMLElement>("button");
      if (!target) return;
      const { mode, zoom, floor } = target.dataset;
      if (mode) this.setMode(mode as Mode);
      if (zoom) this.map.zoom(Number(zoom));
      if (floor) this.map.showFloor(Number(floor));
      if ("fit" in target.dataset) this.map.fit();
      if ("movingEnd" in target.dataset) this.setMode("look");
    });
    const { host } = this.map;
    host.tabIndex = 0;
    host.setAttribute("role", "application");
    host.setAttribute("aria-labelledby", "map-heading");
    host.addEventListener("keydown", (event) => {
      const step: Record<string, () => void> = {
        ArrowLeft: () => this.map.pan(-0.2, 0),
        ArrowRight: () => this.map.pan(0.2, 0),
        ArrowUp: () => this.map.pan(0, -0.2),
        ArrowDown: () => this.map.pan(0, 0.2),
        "+": () => this.map.zoom(1.6),
        "-": () => this.map.zoom(0.6),
        Escape: () => this.setMode("look"),
      };
      const act = step[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    });
  }

  private floors(): void {
    const { floors } = this.map.scene;
    if (floors.length < 2) return;
    const tabs = floors.map((floor, number) => {
      const tab = made("button", "btn", floor.name);
      tab.type = "button";
      tab.dataset["floor"] = String(number);
      return tab;
    });
    const mark = (shown: number): void => tabs.forEach((tab, number) => tab.setAttribute("aria-pressed", String(number === shown)));
    this.part("[data-floors]").append(...tabs);
    this.map.on("floor", ({ floor }) => mark(floor));
    mark(0);
  }

  // --- Words ------------------------------------------------------------------------------------------------------------------------

  private say(name: string, facts: Record<string, string | number> = {}): string {
    const key = `text${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return (this.root.dataset[key] ?? "").replace(/\{(\w+)\}/g, (_all, fact: string) => String(facts[fact] ?? ""));
  }

  private words(seat: number): string {
    const { scene } = this.map;
    const line = scene.lines[scene.line[seat]!]!;
    const facts = { section: scene.sections[line.section]!.name, row: line.label, seat: scene.label(seat) };
    return this.say(line.kind === 0 ? "row" : "table", facts);
  }

  private part<Kind extends HTMLElement = HTMLElement>(selector: string): Kind {
    return this.root.querySelector<Kind>(selector)!;
  }

  private about(...children: (Node | string)[]): void {
    const panel = document.getElementById("about")!;
    panel.replaceChildren(...children);
    panel.hidden = children.length === 0;
  }

  private orderUrl(guest: Guest): string {
    return this.root.dataset["order"]!.replace("NUMBER", guest.order);
  }

  private facts(guest: Guest, acts: Node[]): HTMLElement {
    const said = { entered: this.say("entered"), not: this.say("notEntered"), unpaid: this.say("unpaid") };
    return guestFacts(guest, this.words(guest.seat), said, this.orderUrl(guest), acts);
  }

  /** Who or what is on a seat. */
  private tell(seat: number): void {
    this.map.setSelection([]);
    this.map.setGhost([seat]);
    const guest = this.house.guests.get(seat);
    if (guest) return this.about(this.facts(guest, this.mayMove(guest)));
    const block = this.house.blockOf.get(seat);
    const title = made("p", "font-semibold", this.words(seat));
    if (!block) {
      const code = this.house.codes[seat];
      const state = code === Code.Free ? "free" : code === Code.Held ? "held" : "closed";
      return this.about(title, made("p", "", this.say(state)));
    }
    this.about(
      title,
      made("p", "", this.say("blocked", { owner: block.owner }), block.reason ? `: ${block.reason}` : ""),
      ...(block.note ? [made("p", "text-sm text-muted", block.note)] : []),
      ...(block.release ? [made("p", "text-sm text-muted", this.say("back", { when: block.release }))] : []),
    );
  }

  // --- Find -------------------------------------------------------------------------------------------------------------------------

  private finding(): void {
    const form = document.getElementById("find-form") as HTMLFormElement;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.find(true);
    });
    form.addEventListener("input", () => this.find());
  }

  /** Lists who was found. Asked for, or when it is one alone, the map goes there; `isAgain` only brings the list up to date. */
  private find(isAsked = false, isAgain = false): void {
    const typed = (document.getElementById("find") as HTMLInputElement).value.trim();
    const list = document.getElementById("found")!;
    const found = this.house.find(typed, (seat) => this.words(seat));
    if (typed.length < 2) {
      list.replaceChildren();
      if (!isAgain && this.mode === "look") this.map.setGhost([]);
      return;
    }
    const items = found.slice(0, MOST_FOUND).map((guest) => {
      const show = button(this.words(guest.seat), () => this.show(guest));
      show.className = "link-text justify-self-start text-left font-semibold";
      const facts = this.facts(guest, this.mayMove(guest));
      facts.firstElementChild!.replaceWith(show);
      return made("li", "grid gap-1 border-line py-3 not-last:border-b", facts);
    });
    if (isAgain && list.contains(document.activeElement)) return;
    list.replaceChildren(
      made("p", "mb-2 text-sm text-muted", this.say("found", { n: found.length })),
      items.length ? made("ul", "grid border-y border-line", ...items) : "",
    );
    if (isAgain) return;
    this.map.setGhost(found.map((guest) => guest.seat));
    if (found.length === 1 || (isAsked && found.length)) this.show(found[0]!);
    if (isAsked) whisper(this.say("found", { n: found.length }));
  }

  private show(guest: Guest): void {
    if (this.mode !== "look") this.setMode("look");
    this.map.focusSeat(guest.seat);
    this.tell(guest.seat);
  }

  // --- Block and release ----------------------------------------------------------------------------------------------------------------

  private blockForm(words: string): void {
    const form = document.getElementById("block-form") as HTMLFormElement | null;
    if (!form) return;
    const isChoosing = this.mode === "block";
    form.querySelectorAll<HTMLElement>("[data-in-words]").forEach((one) => (one.hidden = isChoosing));
    const said = form.querySelector<HTMLElement>("[data-chosen]")!;
    said.hidden = !isChoosing;
    said.textContent = words;
    form.querySelector<HTMLInputElement>("[name=indexes]")!.value = isChoosing ? [...this.chosen].sort((a, b) => a - b).join(",") : "";
    if (isChoosing) this.about(made("p", "font-semibold", words), ...(this.chosen.size ? [button(this.label("block"), () => form.querySelector<HTMLElement>("[name=owner]")!.focus())] : []));
  }

  private forms(): void {
    const form = document.getElementById("block-form") as HTMLFormElement | null;
    form?.addEventListener("submit", (event) => {
      if (this.mode !== "block") return; // in words: the page answers
      event.preventDefault();
      void this.blockChosen(form);
    });
    document.getElementById("seat-figures")?.addEventListener("submit", (event) => {
      const release = (event.target as Element).closest<HTMLFormElement>("[data-release]");
      if (!release) return;
      event.preventDefault();
      void this.send(release);
    });
    const move = document.getElementById("move-form") as HTMLFormElement | null;
    move?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.move(move);
    });
  }

  /** Posts a form, says the answer, and looks again. Returns why not, if it was refused. */
  private async send(form: HTMLFormElement, action = form.action): Promise<Refusal | undefined> {
    const button = form.querySelector<HTMLButtonElement>("button[data-busy]");
    if (button?.getAttribute("aria-busy") === "true") return undefined;
    if (button) setBusy(button);
    let answer: string | Refusal;
    try {
      answer = await post(form, action);
    } catch {
      answer = { code: "", detail: text("connectionLost", "Connection lost. Try again in a moment.") };
    }
    if (button) clearBusy(button);
    if (typeof answer !== "string") {
      say(answer.detail);
      await this.look();
      return answer;
    }
    say(answer, "ok");
    (document.activeElement as HTMLElement | null)?.blur();
    await this.look();
    return undefined;
  }

  private async blockChosen(form: HTMLFormElement): Promise<void> {
    const refusal = await this.send(form);
    if (refusal) return form.querySelector<HTMLElement>(`[name="${refusal.field ?? ""}"]`)?.focus();
    form.reset();
    this.setMode("look");
  }

  private async release(seats: number[]): Promise<void> {
    const form = document.getElementById("release-form") as HTMLFormElement;
    const bySeat = grouped(seats, (seat) => this.house.blockOf.get(seat)?.id ?? "");
    for (const [block, indexes] of bySeat) {
      const one = document.querySelector<HTMLFormElement>(`[data-block="${block}"] [data-release]`);
      if (!one) continue;
      form.querySelector<HTMLInputElement>("[name=indexes]")!.value = indexes.join(",");
      if (await this.send(form, one.action)) return;
    }
    this.setMode("look");
  }

  // --- Move ---------------------------------------------------------------------------------------------------------------------------

  private mayMove(guest: Guest): Node[] {
    const dialog = document.getElementById("move-dialog");
    if (!dialog || !guest.isPaid) return [];
    const label = dialog.querySelector("button[type=submit]")!.textContent!.trim();
    return [button(label, () => this.beginMove(guest), `${guest.name}, ${this.words(guest.seat)}`)];
  }

  private beginMove(guest: Guest): void {
    this.moving = guest;
    this.setMode("move");
    this.map.setGhost([guest.seat]);
    const words = this.say("moving", { name: guest.name });
    this.part("[data-moving-words]").textContent = words;
    whisper(words);
    this.map.host.scrollIntoView({ block: "nearest" });
    this.map.host.focus({ preventScroll: true });
  }

  private confirmMove(seat: number): void {
    const guest = this.moving;
    if (!guest) return;
    const dialog = document.getElementById("move-dialog") as HTMLDialogElement;
    const form = document.getElementById("move-form") as HTMLFormElement;
    form.reset();
    form.action = this.root.dataset["move"]!.replace(this.root.dataset["nobody"]!, guest.position);
    form.querySelector<HTMLInputElement>("[name=index]")!.value = String(seat);
    form.querySelector<HTMLElement>("[data-accepts]")!.hidden = true;
    dialog.querySelector<HTMLElement>("[data-move-problem]")!.hidden = true;
    dialog.querySelector<HTMLElement>("[data-move-words]")!.textContent = this.say("move", {
      name: guest.name,
      from: this.words(guest.seat),
      to: this.words(seat),
    });
    dialog.showModal();
  }

  private async move(form: HTMLFormElement): Promise<void> {
    const dialog = document.getElementById("move-dialog") as HTMLDialogElement;
    const refusal = await this.send(form);
    if (!refusal) {
      dialog.close();
      return this.setMode("look");
    }
    const problem = dialog.querySelector<HTMLElement>("[data-move-problem]")!;
    problem.textContent = refusal.detail;
    problem.hidden = false;
    form.querySelector<HTMLElement>("[data-accepts]")!.hidden = refusal.code !== "price_differs";
  }
}

function grouped<Key>(seats: number[], keyOf: (seat: number) => Key): Map<Key, number[]> {
  const groups = new Map<Key, number[]>();
  for (const seat of seats) groups.set(keyOf(seat), [...(groups.get(keyOf(seat)) ?? []), seat]);
  return groups;
}

const root = document.getElementById("staff-map");
if (root) {
  const response = await fetch(root.dataset["geometry"]!);
  if (response.ok) await new StaffMap(root, (await response.json()) as GeometryJson).start();
  else say(text("requestFailed", "That did not work. Try again, or reload the page."));
}
