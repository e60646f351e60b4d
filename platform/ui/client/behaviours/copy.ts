import { whisper } from "../lib/say";

/** `<button data-copy="…" data-copied="Copied">`: copies and says so on the button for two seconds. */
export function copyButtons(): void {
  document.addEventListener("click", async (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy ?? "");
    const words = button.dataset.copied ?? "Copied";
    const label = button.querySelector("[data-label]") ?? button;
    const before = label.textContent;
    label.textContent = words;
    whisper(words);
    setTimeout(() => (label.textContent = before), 2000);
  });
}
