/** What the buyer typed, kept in this tab alone, so that an ended hold costs no typing. Nothing of the card is here. */
const KEY = "buyer";
const FIELDS = ["email", "name"];

export function keepDraft(form: HTMLFormElement): void {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Record<string, string>;
  for (const name of FIELDS) {
    const input = form.elements.namedItem(name);
    if (input instanceof HTMLInputElement && !input.value && kept[name]) input.value = kept[name];
  }
  form.addEventListener("input", () => {
    const data = new FormData(form);
    const typed = Object.fromEntries(FIELDS.map((name) => [name, String(data.get(name) ?? "")]));
    sessionStorage.setItem(KEY, JSON.stringify(typed));
  });
}

export function forgetDraft(): void {
  sessionStorage.removeItem(KEY);
}
