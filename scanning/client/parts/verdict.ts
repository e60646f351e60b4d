/** The answer fills the screen. Green goes by itself, red and amber wait for a hand. */

import { element } from "./page";

const GO_MS = 1_200;

export interface Answer {
  verdict: "go" | "check" | "stop";
  title: string;
  detail: string;
  extra?: string;
  /** What the button does beside closing, and its word: only when there is something to do. */
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
    this.screen.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      // Everything behind is covered: the one button keeps the focus.
      if (event.key === "Tab") event.preventDefault();
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
    this.screen.hidden = false;
    this.next.focus();
    if (answer.verdict === "go") this.timer = window.setTimeout(() => this.close(), GO_MS);
  }

  close(): void {
    clearTimeout(this.timer);
    if (this.screen.hidden) return;
    this.screen.hidden = true;
    if (this.returnTo instanceof HTMLElement) this.returnTo.focus({ preventScroll: true });
    this.closed();
    const again = this.again;
    this.again = undefined;
    again?.();
  }
}
