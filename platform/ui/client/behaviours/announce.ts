import { whisper } from "../lib/say";

/** `data-announce="…"` on something htmx swapped in is spoken once. */
export function announceChanges(): void {
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.target as Element;
    const speaker = target.matches("[data-announce]") ? target : target.querySelector("[data-announce]");
    const words = speaker?.getAttribute("data-announce");
    if (words) whisper(words);
  });
}
