/** The answer fills the screen. Green goes by itself, red and amber wait for a hand. */

import { element } from "./page";

const GO_MS = 1_200;

export interface Answer {
  verdict: "go" | "check" | "stop";
  title: string;
  detail: string;
  extra?: string;
  /** What the button does beside closing, where there is something to do again. */
  again?: () => void;
}

export class VerdictScreen {
  private readonly screen = element("verdict");
  private readonly next = element<HTMLButtonElement>("verdict-next");
  private timer = 0;
  private again: (() => void) | undefined;
  private returnTo: Element | null = null;

  constructor(private readonly closed: () => void) {
    this.screen.addEventListener("click", () => this.close());
    this.next.addEventListener("click", () => {
      const again = this.again;
      this.close();
      again?.();
    });
    this.screen.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      // Everything behind is covered: the focus stays here.
      if (event.key === "Tab") this.turn(event);
    });
  }

  /** Whether a person must tap before the next ticket. */
  get isWaiting(): boolean {
    return !this.screen.hidden && this.screen.dataset["verdict"] !== "go";
  }

  show(answer: Answer): void {
    clearTimeout(this.timer);
    if (this.screen.hidden) this.returnTo = document.activeElement;
    this.again = answer.again;
    this.screen.dataset["verdict"] = answer.verdict;
    element("verdict-title").textContent = answer.title;
    element("verdict-detail").textContent = answer.detail;
    element("verdict-extra").textContent = answer.extra ?? "";
    const words = this.next.dataset;
    this.next.textContent = (answer.again ? words["again"] : words["next"]) ?? "";
    element("verdict-later").hidden = !answer.again;
    this.screen.hidden = false;
    this.next.focus();
    if (answer.verdict === "go") this.timer = window.setTimeout(() => this.close(), GO_MS);
  }

  private turn(event: KeyboardEvent): void {
    event.preventDefault();
    const buttons = [...this.screen.querySelectorAll<HTMLButtonElement>("button:not([hidden])")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[(at + 1) % buttons.length]?.focus();
  }

  close(): void {
    clearTimeout(this.timer);
    if (this.screen.hidden) return;
    this.screen.hidden = true;
    if (this.returnTo instanceof HTMLElement) this.returnTo.focus({ preventScroll: true });
    this.again = undefined;
    this.closed();
  }
}
