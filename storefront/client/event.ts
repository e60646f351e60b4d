/**
 * The running total of what is chosen, on the button that goes on: the server prices, this only adds up its figures. And what
 * is left, live.
 */
import { formatMoney } from "@ui/lib/money";
import { showStock, unreadNote } from "./lib/offers";
import { StockFeed } from "./lib/stock";

const form = document.querySelector<HTMLFormElement>("#tickets-form");
const button = form?.querySelector<HTMLButtonElement>("button[data-continue]");
const line = form?.querySelector<HTMLElement>("[data-total-line]");
const label = form?.querySelector<HTMLElement>("[data-total-label]");
const total = form?.querySelector<HTMLElement>("[data-total]");

/** Of what is still to be had. */
function quantities(): HTMLInputElement[] {
  return [...(form?.querySelectorAll<HTMLInputElement>('input[data-unit-amount]:not([max="0"])') ?? [])];
}

/** Without what nobody buys alone, and without gifts: what a ticket costs "from" is none of these. */
function ticketsOf(inputs: HTMLInputElement[]): HTMLInputElement[] {
  const tickets = inputs.filter((input) => {
    const offer = input.closest<HTMLElement>("[data-offer]");
    return !(offer && ("addOn" in offer.dataset || offer.querySelector("[data-own-amount]")));
  });
  return tickets.length > 0 ? tickets : inputs;
}

/** Whether something is chosen for another amount than the suggested one: only the server knows its fees and tax. */
function hasOwnAmount(chosen: HTMLInputElement[]): boolean {
  return chosen.some((input) => {
    const own = input.closest("[data-offer]")?.querySelector<HTMLInputElement>("[data-own-amount] input");
    return own !== null && own !== undefined && own.value.trim() !== own.defaultValue;
  });
}

function show(): void {
  if (!form || !button || !line || !total || !label) return;
  const inputs = quantities();
  const chosen = inputs.filter((input) => Number(input.value) > 0);
  const sum = chosen.reduce((amount, input) => amount + Number(input.value) * Number(input.dataset.unitAmount), 0);
  const paid = ticketsOf(inputs).map((input) => Number(input.dataset.unitAmount)).filter((price) => price > 0);
  const lowest = paid.length ? Math.min(...paid) : 0;
  const tickets = chosen.length ? sum : lowest;
  const amount = tickets && tickets + Number(form.dataset.once);
  const words = chosen.length ? label.dataset.totalWords : label.dataset.fromWords;
  line.hidden = inputs.length === 0 || hasOwnAmount(chosen);
  label.textContent = (amount ? words : label.dataset.freeWords) ?? "";
  total.textContent = amount ? formatMoney(amount, form.dataset.currency ?? "EUR") : (total.dataset.free ?? "");
  button.textContent = (chosen.length ? button.dataset.continue : button.dataset.choose) ?? "";
}

form?.addEventListener("input", show);
window.addEventListener("pageshow", show);
form?.addEventListener("submit", (event) => {
  if (event.submitter?.hasAttribute("data-apply")) return; // a code may be applied before anything is chosen
  const inputs = quantities();
  const note = unreadNote(form);
  if (note) {
    // What was just changed is not what the buyer meant to send.
    event.preventDefault();
    note.scrollIntoView({ block: "center" });
    note.focus();
    return;
  }
  if (inputs.some((input) => Number(input.value) > 0)) return;
  // Nothing chosen yet: the button leads to the choice instead of to a refusal.
  event.preventDefault();
  document.querySelector("#tickets")?.scrollIntoView({ behavior: "smooth" });
  inputs[0]?.focus({ preventScroll: true });
});
show();
if (form?.dataset.socket && form.dataset.stock) {
  const feed = new StockFeed(form.dataset.socket, form.dataset.stock, Number(form.dataset.seq), (types) => showStock(form, types));
  feed.start();
}
