/** After submitting, `data-busy="Paying…"` replaces the button's words at the same width, and a second press does nothing. */
export function busyButtons(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.hasAttribute("data-self-submitting")) return;
    const button = (event.submitter ?? form.querySelector("button[data-busy]")) as HTMLButtonElement | null;
    if (!button?.dataset.busy) return;
    if (button.getAttribute("aria-busy") === "true") event.preventDefault();
    else setBusy(button);
  });
  // Coming back with the browser's back button shows the page as it was left.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll<HTMLButtonElement>('button[aria-busy="true"]').forEach(clearBusy);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    (event.target as Element).querySelectorAll<HTMLButtonElement>('button[aria-busy="true"]').forEach(clearBusy);
  });
}

export function setBusy(button: HTMLButtonElement): void {
  button.style.setProperty("min-width", `${button.offsetWidth}px`);
  button.dataset.words = button.innerHTML;
  button.textContent = button.dataset.busy ?? "";
  button.setAttribute("aria-busy", "true");
}

export function clearBusy(button: HTMLButtonElement): void {
  if (button.dataset.words !== undefined) button.innerHTML = button.dataset.words;
  delete button.dataset.words;
  button.removeAttribute("aria-busy");
  button.style.removeProperty("min-width");
}
