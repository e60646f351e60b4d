/**
 * Checkout and payment. The card form is the provider's, in its own frame; the order is placed only after that form is
 * complete, and a declined card is tried again on the same order.
 */
import { clearBusy, setBusy } from "@ui/behaviours/busy";
import { runClock } from "./lib/clock";
import { forgetDraft, keepDraft } from "./lib/draft";
import { missing, placeOrder, Refused, type Placed } from "./lib/place";
import { clearProblems, showProblems } from "./lib/problems";
import { tellReminder } from "./lib/reminder";
import { appearance, stripeLibrary, type Elements, type Stripe, type StripeError } from "./lib/stripe";

const clock = document.querySelector<HTMLElement>("[data-clock]");
const form = document.querySelector<HTMLFormElement>("#checkout-form");
const button = document.querySelector<HTMLButtonElement>("#pay-button");
const problem = document.querySelector<HTMLElement>("#payment-problem");

let stripe: Stripe | undefined;
let elements: Elements | undefined;
let placed: Placed | undefined;
let moveClock: ((held: string, seconds: number) => void) | undefined;

function word(name: string): string {
  return form?.dataset[name] ?? "";
}

function complain(words: string, advice = ""): void {
  const title = problem?.querySelector<HTMLElement>("[data-title]");
  const next = problem?.querySelector<HTMLElement>("[data-advice]");
  if (!problem || !title || !next) return;
  title.textContent = words;
  next.textContent = advice;
  next.hidden = !advice;
  problem.hidden = false;
  problem.scrollIntoView({ block: "nearest" });
  problem.focus({ preventScroll: true });
}

async function mountPayment(options: DOMStringMap): Promise<void> {
  const library = await stripeLibrary();
  if (!library) {
    document.querySelector("#payment-wait")?.remove();
    complain(word("textNotLoaded"));
    return;
  }
  stripe = library(options.key ?? "", options.account ? { stripeAccount: options.account } : {});
  elements = stripe.elements({
    mode: "payment",
    amount: Number(options.amount),
    currency: options.currency,
    setupFutureUsage: options.savesCard === undefined ? undefined : "on_session",
    customerSessionClientSecret: options.customerSession || undefined,
    ...(options.onBehalfOf ? { onBehalfOf: options.onBehalfOf } : {}), // the platform charges in this account's name
    captureMethod: options.capture, // "automatic" where bank debits are taken: cards are authorised first all the same
    appearance: appearance(),
    locale: document.documentElement.lang,
  });
  const payment = elements.create("payment", { layout: "tabs" });
  payment.on("ready", () => document.querySelector("#payment-wait")?.remove());
  payment.on("change", (told) => {
    const isSaved = Boolean(told?.value?.payment_method);
    document.querySelector(".payment-box")?.classList.toggle("is-saved", isSaved); // the server's guess was right, mostly
    offerToSave(!isSaved);
  });
  payment.mount("#payment-element");
}

const saving = document.querySelector<HTMLElement>("[data-save-card]");
const saveBox = saving?.querySelector<HTMLInputElement>("input");

/** A card that is saved already needs no asking, and an order that is placed has its answer. */
function offerToSave(isNew: boolean): void {
  if (!saving || !saveBox || placed) return;
  saving.hidden = !isNew;
  if (!isNew && saveBox.checked) {
    saveBox.checked = false;
    wishToSave();
  }
}

/** The form must know what its payment will ask for. */
function wishToSave(): void {
  elements?.update({ setupFutureUsage: saveBox?.checked ? "on_session" : null });
}

saveBox?.addEventListener("change", wishToSave);

/** An order that exists already (its page asked for payment) needs no placing. */
function existingOrder(options: DOMStringMap): Placed | undefined {
  if (!options.secret) return undefined;
  return { url: options.return ?? location.href, clientSecret: options.secret, capture: options.capture };
}

interface Told {
  title: string;
  advice: string;
  held: string;
  seconds_left: number;
  url: string;
}

/** An attempt failed: the server knows why, says what to do, and keeps the tickets for another one. */
async function explain(error: StripeError, order: Placed): Promise<void> {
  if (error.type === "validation_error" && error.message) return complain(error.message);
  const address = `${new URL(order.url, location.href).pathname}payment/`;
  const answer = await fetch(address, { method: "POST", headers: { "Accept-Language": document.documentElement.lang } });
  if (!answer.ok) return complain(word("textRefused"));
  const told: Told = await answer.json();
  if (told.url) return location.assign(told.url);
  moveClock?.(told.held, told.seconds_left);
  complain(told.title, told.advice);
}

async function pay(target: HTMLFormElement): Promise<void> {
  if (!stripe || !elements) return complain(word("textNotLoaded"));
  const filled = await elements.submit();
  if (filled.error) return complain(filled.error.message ?? word("textRefused"));
  placed ??= await placeOrder(target);
  if (saveBox) saveBox.disabled = true; // the payment is made, with the answer
  if (placed.capture !== target.dataset.capture) return location.assign(placed.url); // other methods since the page was made
  const result = await stripe.confirmPayment({
    elements,
    clientSecret: placed.clientSecret,
    confirmParams: { return_url: placed.url },
    redirect: "if_required",
  });
  if (result.error) return explain(result.error, placed);
  forgetDraft();
  location.assign(`${placed.url}?redirect_status=succeeded`);
  return new Promise(() => {}); // the button stays busy until the next page is here
}

async function submit(target: HTMLFormElement): Promise<void> {
  clearProblems(target);
  if (problem) problem.hidden = true;
  const problems = placed ? [] : missing(target);
  if (problems.length) return showProblems(target, problems);
  if (button) setBusy(button);
  try {
    await pay(target);
  } catch (error) {
    if (error instanceof Refused && error.isOver) location.reload();
    else if (error instanceof Refused) showProblems(target, error.problems);
    else complain(word("textConnection"));
  } finally {
    if (button) clearBusy(button);
  }
}

if (clock) {
  moveClock = runClock(clock);
  clock.addEventListener("ended", () => location.reload());
}
if (form) {
  if (form.dataset.hold) {
    keepDraft(form);
    tellReminder(form);
  }
  if (form.dataset.key) {
    placed = existingOrder(form.dataset);
    void mountPayment(form.dataset);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (button?.getAttribute("aria-busy") !== "true") void submit(form);
    });
  }
}
