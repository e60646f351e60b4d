/**
 * What is chosen, what it costs, and the one press that holds all of it or nothing. A refusal is answered in place: what was
 * lost, and what could be had instead.
 */
import { clearBusy, setBusy } from "@ui/behaviours/busy";
import { whisper } from "@ui/lib/say";
import { SeatState } from "@ui/seatmap";
import type { Choice } from "./model";
import { fill, type PageBundle } from "./page";

const SPEAK_MS = 700; // a choice that goes on is spoken when it rests

interface Refusal {
  code: string;
  detail: string;
  seats?: number[];
  alternative?: number[];
  ticket_type_id?: string;
  /** How many of that type would do. */
  least?: number;
  limit?: number;
  available?: number;
}

interface Other {
  input: HTMLInputElement;
  type: string;
  name: string;
  quantity: number;
  price: number;
  bundle: PageBundle | undefined;
}

/** What was asked to be held and not refused: held, on its way, or its answer was lost. */
interface Sent {
  body: string;
  key: string;
  seats: readonly number[];
  /** The states said so since. */
  isHeld: boolean;
}

export class ChosenView {
  private readonly list: HTMLElement;
  private readonly alert: HTMLElement;
  private readonly button: HTMLButtonElement;
  private speaking: ReturnType<typeof setTimeout> | undefined;
  private lastTold = "";
  private sent: Sent | undefined;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly choice: Choice,
    private readonly look: (seats: readonly number[]) => void,
  ) {
    this.list = form.querySelector<HTMLElement>("[data-chosen]")!;
    this.alert = form.querySelector<HTMLElement>("[data-conflict]")!;
    this.button = form.querySelector<HTMLButtonElement>("button[data-hold]")!;
    choice.addEventListener("chosen", () => {
      this.show();
      this.speakSoon();
    });
    choice.addEventListener("party", () => this.show());
    choice.addEventListener("states", () => this.followSent());
    choice.addEventListener("lost", (event) => {
      const seats = (event as CustomEvent<number[]>).detail;
      this.lost(seats.filter((seat) => !this.sent?.seats.includes(seat)), ""); // what the buyer's own press took is not lost
    });
    form.addEventListener("input", (event) => {
      const isNumber = (event.target as HTMLElement).closest("[data-offer]");
      const party = isNumber ? this.partyWithBundles() : 0;
      if (party > choice.party) choice.setParty(party);
      else this.show();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.hold();
    });
    window.addEventListener("pageshow", () => clearBusy(this.button));
    this.show();
  }

  /** What is chosen by its number: standing places, add-ons, bundles. */
  private get others(): Other[] {
    return [...this.form.querySelectorAll<HTMLInputElement>("input[data-unit-amount]")]
      .filter((input) => !input.disabled && Number(input.value) > 0)
      .map((input) => {
        const type = input.name.replace("quantity-", "");
        return {
          input,
          type,
          name: input.closest<HTMLElement>("[data-offer]")?.dataset.name ?? "",
          quantity: Number(input.value),
          price: Number(input.dataset.unitAmount),
          bundle: this.choice.page.bundles.find(({ id }) => id === type),
        };
      });
  }

  /** How many people sit, with the seats that bundles bring; 0 without any. */
  private partyWithBundles(): number {
    const others = this.others;
    const more = others.reduce((sum, { bundle, quantity }) => sum + seatsOf(bundle) * quantity, 0);
    this.partBundles(others);
    return more && this.choice.seats.length - this.choice.bundled.size + more;
  }

  /** Gives the first chosen seats that fit to the bundles; returns what is to be said of those that still lack some. */
  private partBundles(others: readonly Other[]): string {
    const { choice } = this;
    const { words } = choice.page;
    const free = new Map(choice.list.map(({ seat, type }) => [seat, type]));
    const bundled = new Map<number, PageBundle>();
    let note = "";
    choice.wantedCategory = undefined;
    for (const { bundle, quantity, name } of others) {
      let missing = 0;
      const categories = new Set<number>();
      for (const [kind, category, n] of bundle?.seats ?? []) {
        const fitting = [...free].filter(([seat]) => choice.category[seat] === category).sort(([, a], [, b]) => Number(b.id === kind) - Number(a.id === kind));
        const own = fitting.slice(0, n * quantity);
        own.forEach(([seat]) => bundled.set(seat, bundle!) && free.delete(seat));
        if (own.length === n * quantity) continue;
        missing += n * quantity - own.length;
        categories.add(category);
        choice.wantedCategory ??= category;
      }
      const names = [...categories].map((category) => choice.scene.categories[category]!.name).join(", ");
      if (missing) note = fill(missing === 1 ? words.forBundleOne : words.forBundleMany, { n: missing, name, categories: names });
    }
    choice.bundled = bundled;
    return note;
  }

  private show(): void {
    const { choice } = this;
    const { words } = choice.page;
    const focused = (document.activeElement as HTMLElement | null)?.dataset;
    const [key, at] = [focused?.key, focused?.at];
    const others = this.others;
    const lacking = this.partBundles(others);
    this.list.replaceChildren(...choice.list.map(({ seat }) => this.line(seat)), ...others.map((other) => this.otherLine(other)));
    // The list was made anew: whoever was on one of its fields stays on it.
    if (key) (this.list.querySelector<HTMLElement>(`[data-key="${key}"][data-at="${at}"]`) ?? this.list.querySelector<HTMLElement>("button, select"))?.focus();

    const seats = choice.seats.length;
    const count = seats + others.reduce((sum, { quantity, bundle }) => sum + quantity * (bundle ? bundle.others : 1), 0);
    const total = choice.total + others.reduce((sum, { quantity, price }) => sum + quantity * price, 0);
    this.form.toggleAttribute("data-has-choice", count + others.length > 0);
    const note = this.form.querySelector<HTMLElement>("[data-chosen-note]")!;
    const missing = choice.party - seats;
    const more = seats === 0 ? (count ? "" : (words.nothing ?? "")) : missing > 0 ? fill(words.more, { n: missing, party: choice.party }) : "";
    note.textContent = lacking || more;
    note.hidden = !note.textContent;
    // Of an amount of the buyer's own only the server knows the fees and the tax.
    const hasOwn = others.some(({ input }) => {
      const amount = input.closest("[data-offer]")?.querySelector<HTMLInputElement>("[data-own-amount] input");
      return amount && amount.value.trim() !== amount.defaultValue;
    });
    this.form.querySelector<HTMLElement>("[data-total-line]")!.hidden = count === 0 || hasOwn;
    this.form.querySelector<HTMLElement>("[data-total]")!.textContent = choice.money(choice.allIn(total));
    this.form.querySelector<HTMLElement>("[data-total-fees]")!.hidden = total === 0;
    this.form.querySelector<HTMLElement>("[data-total-count]")!.textContent = fill(count === 1 ? words.countOne : words.countMany, { n: count });
    if (this.button.getAttribute("aria-busy") !== "true") {
      this.button.textContent = count === 0 ? (words.choose ?? "") : fill(count === 1 ? words.holdOne : words.holdMany, { n: count });
    }
  }

  private line(seat: number): HTMLElement {
    const { choice } = this;
    const { words } = choice.page;
    const name = choice.placeName(seat);
    const item = document.createElement("li");
    item.className = "seats-chosen-line";
    const place = document.createElement("button");
    place.type = "button";
    place.className = "seats-chosen-place";
    Object.assign(place.dataset, { key: "place", at: String(seat) });
    place.append(text("strong", choice.shortName(seat)), text("span", choice.scene.sections[choice.sectionOf(seat)]!.name));
    const flags = choice.flagWords(seat);
    if (flags.length) place.append(text("span", flags.join(", ")));
    place.addEventListener("click", () => this.look([seat]));
    item.append(place);
    const types = choice.typesOf(seat);
    const chosen = choice.list.find((one) => one.seat === seat)!.type;
    const bundle = choice.bundled.get(seat);
    if (bundle) place.append(text("span", fill(words.inBundle, { name: bundle.name })));
    else if (types.length > 1) {
      const select = document.createElement("select");
      select.className = "select";
      select.setAttribute("aria-label", fill(words.typeOf, { name }));
      Object.assign(select.dataset, { key: "type", at: String(seat) });
      for (const type of types) select.append(new Option(`${type.name} · ${choice.money(type.price)}`, type.id, false, type === chosen));
      select.addEventListener("change", () => choice.setType(seat, types.find((type) => type.id === select.value)!));
      item.append(select);
    } else {
      const price = text("span", choice.money(chosen.price));
      price.className = "seats-chosen-price";
      item.append(price);
    }
    item.append(this.removal(name, String(seat), () => choice.drop(choice.tableOf(seat) ?? [seat])));
    return item;
  }

  /** An add-on, a bundle, standing places: a press leads to where it was chosen. */
  private otherLine({ input, type, name, quantity, price }: Other): HTMLElement {
    const { choice } = this;
    const item = document.createElement("li");
    item.className = "seats-chosen-line";
    const place = document.createElement("button");
    place.type = "button";
    place.className = "seats-chosen-place";
    Object.assign(place.dataset, { key: "place", at: type });
    place.append(text("strong", fill(choice.page.words.times, { n: quantity, name })));
    place.addEventListener("click", () => goTo(input));
    const sum = text("span", choice.money(price * quantity));
    sum.className = "seats-chosen-price";
    item.append(place, sum, this.removal(name, type, () => setNumber(input, 0)));
    return item;
  }

  private removal(name: string, at: string, does: () => void): HTMLElement {
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-ghost btn-square";
    remove.setAttribute("aria-label", fill(this.choice.page.words.remove, { name }));
    Object.assign(remove.dataset, { key: "remove", at });
    remove.innerHTML = this.form.querySelector<HTMLTemplateElement>("template[data-cross]")?.innerHTML ?? "";
    remove.addEventListener("click", does);
    return remove;
  }

  private speakSoon(): void {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const words = this.summary();
      if (words !== this.lastTold) whisper(words);
      this.lastTold = words;
    }, SPEAK_MS);
  }

  private summary(): string {
    const { choice } = this;
    const { words } = choice.page;
    const n = choice.seats.length;
    if (!n) return words.chosenNone ?? "";
    return fill(n === 1 ? words.chosenOne : words.chosenMany, { n, names: choice.namesOf(choice.seats), price: choice.money(choice.allIn(choice.total)) });
  }

  // --- Holding ------------------------------------------------------------------------------------------------------------------

  /** Holds everything that is chosen, or nothing; a hold leads on to the checkout, where its clock runs. */
  async hold(): Promise<void> {
    const { choice } = this;
    if (this.button.getAttribute("aria-busy") === "true") return;
    if (!choice.seats.length && !this.others.length) {
      const best = document.querySelector<HTMLElement>("#seats-party");
      best?.scrollIntoView({ block: "center" });
      best?.focus({ preventScroll: true });
      return;
    }
    this.hideAlert();
    setBusy(this.button);
    const wish = new URLSearchParams([...new FormData(this.form)].map(([name, value]) => [name, String(value)]));
    if (choice.isAccess) wish.set("access", "1");
    for (const { seat, type } of choice.list) {
      const name = `seat-${(choice.bundled.get(seat) ?? type).id}`;
      wish.set(name, [wish.get(name), seat].filter((part) => part !== null).join(","));
    }
    const body = wish.toString();
    // The same choice gets the same key: pressed again after its answer was lost, it is one hold.
    if (this.sent?.body !== body) this.sent = { body, key: crypto.randomUUID(), seats: choice.seats, isHeld: false };
    try {
      const answer = await fetch(this.form.action, {
        method: "POST",
        headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang, "Idempotency-Key": this.sent.key },
        body: wish,
      });
      const result = await answer.json();
      if (answer.ok) {
        location.assign(result.url as string);
        return; // the button stays busy until the next page is there
      }
      this.sent = undefined;
      this.refused(result as Refusal);
    } catch {
      const { words } = choice.page;
      this.showAlert(words.unanswered ?? "", "", [{ words: words.askAgain ?? "", does: () => void this.hold() }], words.close);
    }
    clearBusy(this.button);
    this.show();
  }

  /** What was held and is free again was given back, or its time is over: the next press is a new one. */
  private followSent(): void {
    const { sent, choice } = this;
    if (!sent) return;
    const isHeld = sent.seats.some((seat) => choice.states[seat] !== SeatState.Free);
    if (sent.isHeld && !isHeld) this.sent = undefined;
    else sent.isHeld = isHeld;
  }

  private refused(refusal: Refusal): void {
    const { choice } = this;
    const { words } = choice.page;
    const seats = refusal.seats ?? [];
    if (refusal.code === "seat_taken") {
      if (seats.length === 0) this.showAlert(refusal.detail, "", []);
      this.lost(seats, refusal.detail, refusal.alternative);
      choice.setStates(seats.map((seat) => [seat, 1, SeatState.Held] as const));
      this.focusAlert();
    } else if (refusal.code === "single_seat_left") {
      const moved = this.moved();
      const take = moved && { words: fill(words.singleInstead, { names: choice.namesOf(moved) }), does: () => this.replace(moved) };
      this.showAlert(refusal.detail, "", take ? [take] : []);
      this.focusAlert();
    } else if (refusal.code === "whole_table") {
      this.showAlert(refusal.detail, "", [{ words: words.tableInstead ?? "", does: () => choice.add(seats) }]);
      this.focusAlert();
    } else if (refusal.code === "access_seat" && !choice.isAccess) {
      this.askAccess(() => void this.hold());
    } else if (refusal.code === "map_changed") {
      this.showAlert(refusal.detail, "", [{ words: words.reload ?? "", does: () => location.reload() }]);
      this.focusAlert();
    } else {
      const input = this.form.querySelector<HTMLInputElement>(`[id="quantity-${refusal.ticket_type_id}"]`);
      const n = refusal.least ?? refusal.limit ?? refusal.available;
      const name = input?.closest<HTMLElement>("[data-offer]")?.dataset.name ?? "";
      const take = input && n !== undefined && !input.closest("[data-no-js]") && { words: fill(words.makeIt, { n, name }), does: () => setNumber(input, n) };
      this.showAlert(refusal.detail, "", take ? [take] : []);
      this.focusAlert();
    }
  }

  /** Seats that were chosen and that somebody else has now. */
  private lost(seats: readonly number[], detail: string, alternative?: readonly number[]): void {
    const { choice } = this;
    const { words } = choice.page;
    const mine = seats.filter((seat) => choice.has(seat));
    if (!mine.length) return;
    const instead = alternative?.length ? alternative : choice.replacement(mine);
    const title = fill(words.lostTitle, { names: choice.namesOf(mine) });
    choice.drop(mine);
    const actions = instead.length
      ? [
          {
            words: fill(words.lostInstead, { names: choice.namesOf(instead) }),
            does: () => (alternative?.length ? choice.choose(instead) : choice.add(instead)),
          },
        ]
      : [];
    this.showAlert(title || detail, choice.seats.length ? (words.lostKept ?? "") : "", actions);
    this.look(instead.length ? instead : mine);
  }

  /** Asked when somebody presses a place that is kept for wheelchair users. */
  askAccess(yes: () => void): void {
    const { words } = this.choice.page;
    this.showAlert(words.accessTitle ?? "", words.accessText ?? "", [
      {
        words: words.accessYes ?? "",
        does: () => {
          this.choice.isAccess = true;
          const box = this.form.querySelector<HTMLInputElement>("[data-access]");
          if (box) box.checked = true;
          yes();
        },
      },
    ], words.accessNo);
    this.focusAlert();
  }

  /** The same seats a place or two along their row, so that nobody sits alone beside them. */
  private moved(): number[] | undefined {
    const { choice } = this;
    const seats = choice.seats;
    const neighbours = seats.every((seat, at) => at === 0 || seat === seats[at - 1]! + 1);
    if (!neighbours || !seats.length) return undefined;
    choice.drop(seats);
    const block = choice.blockAt(seats[seats.length >> 1]!, seats.length);
    choice.add(seats);
    return block.length === seats.length && block.some((seat) => !seats.includes(seat)) ? block : undefined;
  }

  private replace(seats: readonly number[]): void {
    this.choice.choose(seats);
    this.look(seats);
  }

  // --- Words in place -------------------------------------------------------------------------------------------------------------

  private showAlert(title: string, note: string, actions: readonly { words: string; does: () => void }[], close?: string): void {
    const { words } = this.choice.page;
    const heading = text("h3", title);
    heading.id = "seats-conflict-title";
    const parts: HTMLElement[] = [heading];
    if (note) parts.push(text("p", note));
    const buttons = document.createElement("div");
    buttons.className = "flex flex-wrap gap-2";
    actions.forEach(({ words: label, does }, at) => {
      const button = text("button", label) as HTMLButtonElement;
      button.type = "button";
      button.className = at === 0 ? "btn btn-primary" : "btn";
      button.addEventListener("click", () => {
        this.hideAlert();
        does();
        this.button.focus();
      });
      buttons.append(button);
    });
    const again = text("button", close ?? (actions.length ? words.lostAgain : words.close) ?? "") as HTMLButtonElement;
    again.type = "button";
    again.className = "btn";
    again.addEventListener("click", () => {
      this.hideAlert();
      this.button.focus();
    });
    buttons.append(again);
    parts.push(buttons);
    this.alert.replaceChildren(...parts);
    this.alert.hidden = false;
    whisper([title, note].filter(Boolean).join(" "));
  }

  private focusAlert(): void {
    this.alert.scrollIntoView({ block: "nearest" });
    this.alert.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
  }

  private hideAlert(): void {
    this.alert.hidden = true;
    this.alert.replaceChildren();
  }
}

function seatsOf(bundle: PageBundle | undefined): number {
  return bundle?.seats.reduce((sum, [, , n]) => sum + n, 0) ?? 0;
}

function goTo(input: HTMLElement): void {
  input.scrollIntoView({ block: "center" });
  input.focus({ preventScroll: true });
}

function setNumber(input: HTMLInputElement, n: number): void {
  input.value = String(n);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function text(name: string, words: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = words;
  return made;
}
