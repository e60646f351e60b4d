/** `data-reload-when-ready`: asks every two seconds whether this address answers properly yet, and reloads once it does. */
export function reloadWhenReady(): void {
  if (!document.querySelector("[data-reload-when-ready]")) return;
  const timer = setInterval(async () => {
    const answer = await fetch(location.href, { method: "HEAD" }).catch(() => null);
    if (!answer?.ok) return;
    clearInterval(timer);
    location.reload();
  }, 2000);
}
