/** Best available: how many, what price, what needs; the server finds the block, the page shows it, one press holds it. */
import { clearBusy, setBusy } from "@ui/behaviours/busy";
import { whisper } from "@ui/lib/say";
import type { Choice } from "./model";
import { fill } from "./page";

interface Found {
  seats: number[];
}

export class BestView {
  private readonly party: HTMLInputElement;
  private readonly button: HTMLButtonElement;
  private readonly result: HTMLElement;

  constructor(
    private readonly root: HTMLElement,
    private readonly choice: Choice,
    private readonly found: (seats: readonly number[]) => void,
  ) {
    this.party = root.querySelector<HTMLInputElement>("#seats-party")!;
    this.button = root.querySelector<HTMLButtonElement>("button[data-best]")!;
    this.result = root.querySelector<HTMLElement>("[data-best-result]")!;
    this.party.addEventListener("input", () => choice.setParty(Number(this.party.value)));
    this.party.addEventListener("focus", () => this.party.select()); // what is typed replaces the number
    this.party.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // or the form would hold what is chosen
      void this.find();
    });
    root.querySelector<HTMLInputElement>("[data-access]")?.addEventListener("change", (event) => {
      choice.isAccess = (event.target as HTMLInputElement).checked;
      this.showNeeds();
    });
    this.button.addEventListener("click", () => void this.find());
    choice.addEventListener("party", () => {
      if (Number(this.party.value) !== choice.party && document.activeElement !== this.party) this.party.value = String(choice.party);
    });
    choice.setParty(Number(this.party.value));
    this.showNeeds();
  }

  private showNeeds(): void {
    this.root.querySelectorAll<HTMLElement>("[data-access-more]").forEach((part) => (part.hidden = !this.choice.isAccess));
  }

  private number(name: string): number {
    return Number(this.root.querySelector<HTMLInputElement>(`[data-${name}]`)?.value) || 0;
  }

  private get needs(): Record<string, number | boolean> {
    const isStepFree = this.root.querySelector<HTMLInputElement>("[data-step-free]")?.checked ?? false;
    if (!this.choice.isAccess) return { wheelchair: 0, companions: 0, step_free: isStepFree };
    const spaces = Math.min(this.choice.party, Math.max(1, this.number("spaces")));
    return { wheelchair: spaces, companions: Math.min(this.choice.party - spaces, this.number("companions")), step_free: isStepFree };
  }

  async find(): Promise<void> {
    const { choice } = this;
    const { words, best } = choice.page;
    if (this.button.getAttribute("aria-busy") === "true") return;
    setBusy(this.button);
    const wish: Record<string, unknown> = { quantity: choice.party, needs: this.needs, hold: false };
    // What the map is narrowed to is meant here too.
    const [only] = choice.filters.categories.size === 1 ? choice.filters.categories : [];
    const category = choice.wantedCategory ?? only;
    if (category !== undefined) wish.category = choice.scene.categories[category]!.key;
    if (choice.filters.most < Infinity) wish.max_price = choice.filters.most;
    try {
      const answer = await fetch(best, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "Idempotency-Key": crypto.randomUUID(),
          "Accept-Language": document.documentElement.lang,
        },
        body: JSON.stringify(wish),
      });
      const result = await answer.json();
      if (answer.ok) this.take((result as Found).seats);
      else if (result.code === "no_seats_together" && result.largest > 0) this.tell(fill(words.foundLess, { n: result.largest }));
      else this.tell(result.code === "no_seats_together" ? (words.foundNone ?? "") : result.detail);
    } catch {
      this.tell(words.offline ?? "");
    }
    clearBusy(this.button);
  }

  private take(seats: readonly number[]): void {
    const { choice } = this;
    if (!seats.length) return this.tell(choice.page.words.foundNone ?? "");
    choice.choose(seats);
    this.tell(fill(choice.page.words.found, { names: choice.namesOf(seats), price: choice.money(choice.allIn(choice.total)) }));
    this.found(seats);
  }

  private tell(words: string): void {
    this.result.textContent = words;
    this.result.hidden = !words;
    whisper(words);
  }
}
