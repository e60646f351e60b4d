/** The map in the picker: floors, zoom buttons, what is under the pointer, the little map, and presses on seats and areas. */
import { type Scene, SeatMap, SeatState } from "@ui/seatmap";
import type { Choice } from "./model";
import { fill } from "./page";

export interface MapTarget {
  /** A press on a free seat that is kept for wheelchair users, by somebody who has not said that they need it. */
  askAccess(seat: number): void;
  areaPressed(area: number): void;
}

export class MapView {
  readonly map: SeatMap;
  private readonly tip: HTMLElement;
  private readonly little: SVGSVGElement | null;
  private captions: string[][] = [];
  private readonly frame = document.createElementNS("http://www.w3.org/2000/svg", "rect");

  constructor(
    private readonly root: HTMLElement,
    private readonly scene: Scene,
    private readonly choice: Choice,
    private readonly quantum: number,
    private readonly target: MapTarget,
  ) {
    const host = root.querySelector<HTMLElement>("[data-map]")!;
    this.little = root.querySelector<SVGSVGElement>("[data-picture] svg");
    this.map = new SeatMap(host, scene);
    this.map.setCategories(choice.category);
    this.tip = root.querySelector<HTMLElement>("[data-tip]")!;
    host.classList.add("is-drawn");
    this.followPointer();
    this.connectButtons();
    this.connectFloors();
    this.showLittleMap();
    choice.addEventListener("states", () => this.showStates());
    choice.addEventListener("filters", () => this.showFilters());
    choice.addEventListener("chosen", () => {
      this.map.setSelection(choice.seats);
      this.map.setGhost([]);
    });
    const hint = root.querySelector<HTMLElement>("[data-wheel-hint]");
    let hiding: ReturnType<typeof setTimeout>;
    host.addEventListener(
      "wheel",
      (event) => {
        if (!hint || event.ctrlKey || event.metaKey) return;
        hint.hidden = false;
        clearTimeout(hiding);
        hiding = setTimeout(() => (hint.hidden = true), 1500);
      },
      { passive: true },
    );
  }

  /** Where on the screen a seat is: for whoever drives the page. */
  toScreen(seat: number): [number, number] {
    const frame = this.root.querySelector("[data-map]")!.getBoundingClientRect();
    const [px, py] = this.map.camera.toView(this.scene.x[seat]!, this.scene.y[seat]!);
    return [px + frame.left, py + frame.top];
  }

  showStates(): void {
    this.map.setStates(this.choice.states);
    this.showCaptions();
  }

  /** Shows these seats: what was found, or what is chosen. */
  look(seats: readonly number[]): void {
    const [first] = seats;
    if (first !== undefined) this.map.reveal(seats[seats.length >> 1] ?? first);
  }

  private showFilters(): void {
    this.map.setDimmed(this.choice.dimmed());
    this.showCaptions();
  }

  private showCaptions(): void {
    const { scene, choice } = this;
    const dimmed = choice.dimmed();
    const captions = scene.sections.map((section) => {
      let [free, least] = [0, Infinity];
      for (let seat = section.first; seat < section.first + section.count; seat++) {
        if (choice.states[seat] !== SeatState.Free || dimmed?.[seat] || choice.isForAccess(seat)) continue;
        free++;
        for (const type of choice.typesOf(seat)) least = Math.min(least, type.price);
      }
      if (!free) return [choice.page.words.full ?? ""];
      if (least === 0 || least === Infinity) return [fill(choice.page.words.freeSeats, { n: free })];
      return [fill(choice.page.words.freeFrom, { n: free, price: choice.money(least) })];
    });
    scene.areas.forEach((area) => captions.push([choice.priceWords(area.category)]));
    this.captions = captions;
    this.map.setCaptions(captions);
  }

  private followPointer(): void {
    const { map, choice } = this;
    map.on("hover", ({ seat, section, x, y }) => {
      const isSeat = seat >= 0 && map.pitchOnScreen >= 7;
      const isSection = !isSeat && section >= 0 && map.pitchOnScreen < 7;
      map.setGhost(isSeat ? choice.preview(seat) : []);
      this.tip.hidden = !isSeat && !isSection;
      if (isSeat) this.tellSeat(seat);
      else if (isSection) this.tell(this.scene.sections[section]!.name, this.captions[section]?.[0] ?? "");
      if (this.tip.hidden) return;
      const { width, height } = map.camera;
      const left = Math.max(4, Math.min(width - this.tip.offsetWidth - 4, x + 14));
      const top = y + 18 + this.tip.offsetHeight > height ? y - this.tip.offsetHeight - 14 : y + 18;
      this.tip.style.setProperty("transform", `translate(${Math.round(left)}px, ${Math.round(top)}px)`);
    });
    map.on("seat", ({ seat }) => this.press(seat));
    map.on("table", ({ line: number }) => {
      if (choice.whole.has(number)) this.press(scene(this).lines[number]!.first);
    });
    map.on("area", ({ area }) => this.target.areaPressed(area));
  }

  private tellSeat(seat: number): void {
    const { choice } = this;
    const isFree = choice.canTake(seat) || choice.has(seat);
    const price = isFree ? choice.priceWords(choice.category[seat]!) : "";
    this.tell(choice.placeName(seat), [price, choice.stateWords(seat), ...choice.flagWords(seat)].filter(Boolean).join(" · "));
  }

  private tell(name: string, words: string): void {
    this.tip.replaceChildren(line(name, "font-semibold"), line(words, "text-sm"));
  }

  private press(seat: number): void {
    const { choice } = this;
    if (choice.isForAccess(seat) && choice.canTake(seat) && !choice.has(seat) && !choice.isAccess) return this.target.askAccess(seat);
    choice.press(seat);
  }

  private connectButtons(): void {
    const { map } = this;
    const does: Record<string, () => void> = {
      in: () => this.closer(1.7),
      out: () => map.zoom(1 / 1.7),
      fit: () => map.fit(),
      left: () => map.pan(-0.4, 0),
      right: () => map.pan(0.4, 0),
      up: () => map.pan(0, -0.4),
      down: () => map.pan(0, 0.4),
    };
    this.root.querySelectorAll<HTMLButtonElement>("[data-camera]").forEach((button) => {
      button.addEventListener("click", () => does[button.dataset.camera!]?.());
    });
  }

  /** Nearer to the middle of the view; where nothing would be in view, as on a stadium's pitch, to the free seat next to it. */
  private closer(factor: number): void {
    const { map, choice, scene } = this;
    const { x, y, width, height } = map.camera;
    const scale = map.camera.scale * factor;
    const [across, down] = [width / 2 / scale, height / 2 / scale];
    const isEmpty = !map.seatsIn({ left: x - across, right: x + across, top: y - down, bottom: y + down }).length;
    if (!isEmpty || map.areaAt(width / 2, height / 2) >= 0) return map.zoom(factor);
    const dimmed = choice.dimmed();
    let [best, least] = [-1, Infinity];
    for (let seat = 0; seat < scene.count; seat++) {
      if (!choice.canTake(seat) || dimmed?.[seat] || scene.sections[choice.sectionOf(seat)]!.floor !== map.floor) continue;
      const away = Math.hypot(scene.x[seat]! - x, scene.y[seat]! - y);
      if (away < least) [best, least] = [seat, away];
    }
    if (best < 0) return map.zoom(factor);
    map.camera.go({ x: scene.x[best]!, y: scene.y[best]!, scale });
  }

  private connectFloors(): void {
    const tabs = [...this.root.querySelectorAll<HTMLButtonElement>("[data-floor]")];
    tabs.forEach((tab) => tab.addEventListener("click", () => this.map.showFloor(Number(tab.dataset.floor))));
    this.map.on("floor", ({ floor }) => {
      tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(Number(tab.dataset.floor) === floor)));
    });
  }

  /** The picture that the page came with, small in a corner while a part of the map is in view; a press goes there. */
  private showLittleMap(): void {
    const { map } = this;
    const corner = this.root.querySelector<HTMLElement>("[data-little]");
    const pictures = [...this.root.querySelectorAll<SVGSVGElement>("[data-picture] svg, [data-floor-picture] svg")];
    if (!corner || !this.little || !pictures.length) return;
    let shown: SVGSVGElement | undefined;
    this.frame.setAttribute("class", "seats-little-frame");
    const follow = (): void => {
      corner.hidden = map.camera.isFitted;
      if (corner.hidden) return;
      const picture = pictures[map.floor] ?? pictures[0]!;
      if (picture !== shown) {
        shown = picture;
        const copy = picture.cloneNode(true) as SVGSVGElement;
        copy.setAttribute("aria-hidden", "true");
        copy.querySelectorAll("text").forEach((text) => text.remove());
        copy.append(this.frame);
        corner.replaceChildren(copy);
      }
      const box = map.camera.box;
      const frame = { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top };
      Object.entries(frame).forEach(([name, value]) => this.frame.setAttribute(name, String(Math.round(value * this.quantum))));
    };
    map.on("move", follow);
    map.on("floor", follow);
    corner.addEventListener("click", (event) => {
      const matrix = corner.querySelector("svg")?.getScreenCTM();
      if (!matrix) return;
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
      map.camera.go({ x: point.x / this.quantum, y: point.y / this.quantum, scale: map.camera.scale });
    });
    follow();
  }
}

function scene(view: MapView): Scene {
  return view.map.scene;
}

function line(words: string, css: string): HTMLElement {
  const part = document.createElement("p");
  part.className = css;
  part.textContent = words;
  return part;
}
