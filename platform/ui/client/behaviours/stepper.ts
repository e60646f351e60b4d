/** The − and + beside a number field marked `data-stepper`. Typing works as well, and without script it is all there is. */
export function steppers(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("[data-step]");
    const input = button?.closest("[data-stepper]")?.querySelector<HTMLInputElement>("input");
    if (!button || !input) return;
    const from = Number(input.min || 0);
    const to = Number(input.max || 99);
    const next = (Number(input.value) || 0) + Number(button.dataset.step);
    input.value = String(Math.min(to, Math.max(from, next)));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("input", (event) => {
    const stepper = (event.target as Element).closest<HTMLElement>("[data-stepper]");
    if (stepper) markLimits(stepper);
  });
  document.querySelectorAll<HTMLElement>("[data-stepper]").forEach(markLimits);
}

/** At a limit the button stays reachable by keyboard (a disabled one would lose the focus) and says it is off. */
function markLimits(stepper: HTMLElement): void {
  const input = stepper.querySelector("input");
  if (!input) return;
  const value = Number(input.value) || 0;
  stepper.querySelectorAll<HTMLButtonElement>("[data-step]").forEach((button) => {
    const isAtLimit = Number(button.dataset.step) < 0 ? value <= Number(input.min || 0) : value >= Number(input.max || 99);
    button.setAttribute("aria-disabled", String(isAtLimit));
  });
}
