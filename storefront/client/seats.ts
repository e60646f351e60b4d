/** Choosing seats: best available, list and map over one choice, held all together or not at all. */
import "./seats/seats.css";
import { whisper } from "@ui/lib/say";
import { type GeometryJson, sceneOf } from "@ui/seatmap";
import { showStock } from "./lib/offers";
import { StockFeed } from "./lib/stock";
import { BestView } from "./seats/best";
import { ChosenView } from "./seats/chosen";
import { ListView } from "./seats/list";
import { MapView } from "./seats/map";
import { Choice } from "./seats/model";
import { fill, type PageJson } from "./seats/page";
import { askStatus } from "./seats/status";

async function start(form: HTMLFormElement): Promise<void> {
  const page = JSON.parse(document.querySelector("#seats-data")!.textContent!) as PageJson;
  const status = askStatus(page.seats).catch(() => undefined); // both at once; the socket asks again
  const answer = await fetch(page.geometry);
  if (!answer.ok) throw new Error(`geometry: ${answer.status}`);
  const geometry = (await answer.json()) as GeometryJson;
  const scene = sceneOf(geometry);
  const choice = new Choice(scene, page, geometry.companions);
  const root = document.querySelector<HTMLElement>("[data-picker]")!;

  let map: MapView | undefined;
  const look = (seats: readonly number[]): void => map?.look(seats);
  const chosen = new ChosenView(form, choice, look);
  const pressed = (seat: number): void => {
    if (choice.isForAccess(seat) && !choice.has(seat) && !choice.isAccess) chosen.askAccess(() => choice.press(seat));
    else choice.press(seat);
  };
  map = new MapView(root, scene, choice, geometry.quantum, {
    askAccess: (seat) => chosen.askAccess(() => choice.press(seat)),
    areaPressed: (area) => goToArea(form, page, scene.areas[area]!.category),
  });
  const list = new ListView(root.querySelector<HTMLElement>("[data-list]")!, choice, {
    pressed,
    focused: (seat) => map?.map.focusSeat(seat),
    colorOf: (seat) => map?.map.colorOf(choice.category[seat]!) ?? "",
  });
  new BestView(root, choice, (seats) => {
    look(seats);
    // On a phone the sheet of what is chosen covers the lower part: the map goes above it.
    if (root.dataset.showing === "map") root.querySelector(".seats-frame")?.scrollIntoView({ block: innerWidth < 1024 ? "start" : "nearest" });
    form.querySelector<HTMLElement>("button[data-hold]")?.focus({ preventScroll: true });
  });
  connectViews(root, list, choice);
  connectFilters(root, map, choice);

  const known = await status;
  const first = known?.map === page.map ? known : undefined;
  if (first) choice.setStates(first.states);
  const feed = new StockFeed(page.socket, page.stock, Math.min(page.seq, first?.seq ?? 0), (types) => showStock(form, types), {
    map: page.map,
    ask: async (seq) => {
      const news = await askStatus(page.seats, seq);
      if (news.map === page.map) choice.setStates(news.states);
      return news;
    },
    patch: (runs) => choice.setStates(runs),
  });
  feed.start();
  Object.assign(root, { toScreen: (seat: number) => map.toScreen(seat) });
  root.dataset.ready = "";
  performance.mark("seats-interactive");
}

/** Map or list: two ways to the same seats. */
function connectViews(root: HTMLElement, list: ListView, choice: Choice): void {
  const buttons = [...root.querySelectorAll<HTMLButtonElement>("[data-view]")];
  const show = (view: string): void => {
    root.dataset.showing = view;
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.view === view)));
    if (view === "list") list.goTo(choice.seats[0] ?? list.tabStop, false);
  };
  buttons.forEach((button) => button.addEventListener("click", () => show(button.dataset.view!)));
  document.querySelectorAll<HTMLAnchorElement>("a[data-to-view]").forEach((link) => {
    link.addEventListener("click", () => show(link.dataset.toView!));
  });
}

function connectFilters(root: HTMLElement, view: MapView, choice: Choice): void {
  const paint = (): void => {
    root.querySelectorAll<SVGElement>("[data-swatch]").forEach((swatch) => {
      swatch.setAttribute("fill", view.map.colorOf(Number(swatch.dataset.swatch)));
    });
  };
  paint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => requestAnimationFrame(paint));
  root.querySelectorAll<HTMLButtonElement>("[data-category]").forEach((button) => {
    button.addEventListener("click", () => {
      const { categories } = choice.filters;
      const category = Number(button.dataset.category);
      const isOn = !categories.has(category);
      if (isOn) categories.add(category);
      else categories.delete(category);
      button.setAttribute("aria-pressed", String(isOn));
      choice.setFilters({ categories });
    });
  });
  const budget = root.querySelector<HTMLInputElement>("[data-budget]");
  const tellBudget = (): void => {
    const { prices, page } = choice;
    const price = prices[Number(budget!.value)];
    const isAny = price === undefined || price === prices.at(-1);
    const words = isAny ? page.words.anyPrice : fill(page.words.upTo, { price: choice.money(price) });
    root.querySelector("[data-budget-words]")!.textContent = words ?? "";
    budget!.setAttribute("aria-valuetext", words ?? "");
    choice.setFilters({ most: isAny ? Infinity : price });
  };
  budget?.addEventListener("input", tellBudget);
  if (budget) tellBudget();
  for (const name of ["isStepFree", "isClearView"] as const) {
    const box = root.querySelector<HTMLInputElement>(`[data-filter="${name}"]`);
    box?.addEventListener("change", () => choice.setFilters({ [name]: box.checked }));
  }
}

/** A standing area has no seats to press: how many is chosen in the list beside the map. */
function goToArea(form: HTMLFormElement, page: PageJson, category: number): void {
  const type = page.types.find((one) => one.category === category);
  const input = type && form.querySelector<HTMLInputElement>(`#quantity-${type.id}`);
  input?.scrollIntoView({ block: "center", behavior: "smooth" });
  input?.focus({ preventScroll: true });
}

const form = document.querySelector<HTMLFormElement>("#tickets-form");
if (form) {
  start(form).catch((error: unknown) => {
    // Without the map the page still sells: the best seats by quantity, as without scripts.
    console.error(error);
    document.documentElement.dataset.seats = "failed";
    form.dataset.hasChoice = "";
    form.querySelectorAll("[data-no-js]").forEach((part) => part.removeAttribute("data-no-js"));
    const note = form.querySelector<HTMLElement>("[data-map-failed]");
    if (note) note.hidden = false;
    whisper(note?.textContent ?? "");
  });
}
