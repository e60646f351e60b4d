/** Says something to everyone: shown in the page's message strip and spoken by screen readers. */
export function say(message: string, kind: "note" | "ok" = "note"): void {
  const strip = document.getElementById("notices");
  if (!strip) return;
  const line = document.createElement("p");
  line.className = `notice notice-${kind}`;
  line.textContent = message;
  strip.replaceChildren(line);
}

/** Says something to screen readers alone. */
export function whisper(message: string): void {
  const region = document.getElementById("spoken");
  if (region) region.textContent = message;
}
