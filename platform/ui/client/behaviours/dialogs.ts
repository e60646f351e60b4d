/** `data-opens="id"` opens a `<dialog>`, `data-closes` closes the one around it; the browser keeps and returns the focus. */
export function dialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-opens]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens ?? "");
      if (dialog instanceof HTMLDialogElement) {
        event.preventDefault();
        dialog.showModal();
      }
    }
    if (target.closest("[data-closes]")) target.closest("dialog")?.close();
    if (target instanceof HTMLDialogElement && target.open) target.close(); // a click on what lies behind it
  });
  // Menus made of <details data-menu> close on Escape and on a click elsewhere.
  document.addEventListener("click", (event) => closeMenus(event.target as Node));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus(null);
  });
}

function closeMenus(keep: Node | null): void {
  document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]").forEach((menu) => {
    if (!keep || !menu.contains(keep)) {
      const hadFocus = menu.contains(document.activeElement);
      menu.open = false;
      if (hadFocus) menu.querySelector("summary")?.focus();
    }
  });
}
