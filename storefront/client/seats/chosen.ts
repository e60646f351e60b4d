/**
 * What is chosen, what it costs, and the one press that holds all of it or nothing. A refusal is answered in place: what was
 * lost, and what could be had instead.
 */
import { clearBusy, setBusy } from "@ui/behaviours/busy";
import { whisper } from "@ui/lib/say";
import { SeatState } from "@ui/seatmap";
import type { Choice } from "./model";
import { fill } from "./page";

const SPEAK_MS = 700; // a choice that goes on is spoken when it rests

interface Refusal {
  code: string;
  detail: string;
  seats?: number[];
  alternative?: number[];
}

export class ChosenView {
  private readonly list: HTMLElement;
  private readonly alert: HTMLElement;
  private readonly button: HTMLButtonElement;
  private speaking: ReturnType<typeof setTimeout> | undefined;
  private lastTold = "";

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
    choice.addEventListener("lost", (event) => this.lost((event as CustomEvent<number[]>).detail, ""));
    form.addEventListener("input", () => this.show());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.hold();
    });
    window.addEventListener("pageshow", () => clearBusy(this.button));
    this.show();
  }

  /** What is to be had without a seat: standing places, by ticket type. */
  private get standing(): { type: string; name: string; quantity: number; price: number }[] {
    return [...this.form.querySelectorAll<HTMLInputElement>("input[data-unit-amount]")]
      .filter((input) => !input.disabled && Number(input.value) > 0)
      .map((input) => ({
        type: input.name.replace("quantity-", ""),
        name: input.closest<HTMLElement>("[data-offer]")?.dataset.name ?? "",
        quantity: Number(input.value),
        price: Number(input.dataset.unitAmount),
      }));
  }

  private show(): void {
    const { choice } = this;
    const { words } = choice.page;
    const focused = (document.activeElement as HTMLElement | null)?.dataset;
    const [key, at] = [focused?.key, focused?.at];
    this.list.replaceChildren(...choice.list.map(({ seat }) => this.line(seat)));
    // The list was made anew: whoever was on one of its fields stays on it.
    if (key) (this.list.querySelector<HTMLElement>(`[data-key="${key}"][data-at="${at}"]`) ?? this.list.querySelector<HTMLElement>("button, select"))?.focus();

    const seats = choice.seats.length;
    const standing = this.standing;
    const count = seats + standing.reduce((sum, { quantity }) => sum + quantity, 0);
    const total = choice.total + standing.reduce((sum, { quantity, price }) => sum + quantity * price, 0);
    this.form.toggleAttribute("data-has-choice", count > 0);
    const note = this.form.querySelector<HTMLElement>("[data-chosen-note]")!;
    const missing = choice.party - seats;
    note.textContent = seats === 0 ? (count ? "" : (words.nothing ?? "")) : missing > 0 ? fill(words.more, { n: missing, party: choice.party }) : "";
    note.hidden = !note.textContent;
    this.form.querySelector<HTMLElement>("[data-total-line]")!.hidden = count === 0;
    this.form.querySelector<HTMLElement>("[data-total]")!.textContent = choice.money(choice.allIn(total));
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
    if (types.length > 1) {
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
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-ghost btn-square";
    remove.setAttribute("aria-label", fill(words.remove, { name }));
    Object.assign(remove.dataset, { key: "remove", at: String(seat) });
    remove.innerHTML = this.form.querySelector<HTMLTemplateElement>("template[data-cross]")?.innerHTML ?? "";
    remove.addEventListener("click", () => choice.drop(choice.tableOf(seat) ?? [seat]));
    item.append(remove);
    return item;
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
    if (!choice.seats.length && !this.standing.length) {
      const best = document.querySelector<HTMLElement>("#seats-party");
      best?.scrollIntoView({ block: "center" });
      best?.focus({ preventScroll: true });
      return;
    }
    this.hideAlert();
    setBusy(this.button);
    const body = new FormData();
    body.set("performance_id", choice.page.performance);
    body.set("map", choice.page.map);
    if (choice.isAccess) body.set("access", "1");
    for (const { seat, type } of choice.list) {
      const name = `seat-${type.id}`;
      body.set(name, [body.get(name), seat].filter((part) => part !== null).join(","));
    }
    for (const { type, quantity } of this.standing) body.set(`quantity-${type}`, String(quantity));
    try {
      const answer = await fetch(this.form.action, {
        method: "POST",
        headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang },
        body,
      });
      const result = await answer.json();
      if (answer.ok) {
        location.assign(result.url as string);
        return; // the button stays busy until the next page is there
      }
      this.refused(result as Refusal);
    } catch {
      this.showAlert(choice.page.words.offline ?? "", "", []);
    }
    clearBusy(this.button);
    this.show();
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
      this.showAlert(refusal.detail, "", []);
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

function text(name: string, words: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = words;
  return made;
}
