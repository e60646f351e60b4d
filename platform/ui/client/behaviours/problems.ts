/** The summary of a refused form takes the focus, so that it is read first; the title says so too. */
export function focusProblems(): void {
  focusWithin(document);
  document.addEventListener("htmx:afterSwap", (event) => focusWithin(event.target as Element));
}

function focusWithin(root: ParentNode): void {
  root.querySelector<HTMLElement>("[data-problems]")?.focus();
}

/** An error goes away while its field is being corrected; the server judges again on the next submit. */
export function fieldErrors(): void {
  document.addEventListener("input", (event) => {
    const input = event.target as HTMLInputElement;
    if (input.getAttribute("aria-invalid") !== "true") return;
    input.removeAttribute("aria-invalid");
    const error = document.getElementById(`${input.id}-error`);
    if (error) error.hidden = true;
  });
}
