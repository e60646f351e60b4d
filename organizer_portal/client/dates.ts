/** How many dates are ticked, and a month at a time. Without it the boxes and "all shown" do the same. */

for (const form of document.querySelectorAll<HTMLElement>("[data-dates]")) {
  const words = form.querySelector<HTMLElement>("[data-chosen]");
  const all = form.querySelector<HTMLInputElement>('input[name="all"]');
  const boxes = [...form.querySelectorAll<HTMLInputElement>('input[name="dates"], input[name="start"]:not(:disabled)')];

  const show = (): void => {
    const n = all?.checked ? boxes.length : boxes.filter((box) => box.checked).length;
    if (words) words.textContent = n ? (words.dataset["chosen"] ?? "").replace("{n}", String(n)) : (words.dataset["none"] ?? "");
  };

  for (const button of form.querySelectorAll<HTMLElement>("[data-tick-month]")) {
    button.addEventListener("click", () => {
      const month = [...(button.closest("[data-month]")?.querySelectorAll<HTMLInputElement>('input[name="dates"]') ?? [])];
      const ticks = month.some((box) => !box.checked);
      for (const box of month) box.checked = ticks;
      show();
    });
  }
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
}
