/** Live sales: a socket says when to look again, and htmx then asks for the figures as the signed-in person. */

const RETRY_FIRST_MS = 1_000;
const RETRY_MOST_MS = 30_000;

let wait = RETRY_FIRST_MS;

function listen(): void {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/ws/sales/`);
  socket.addEventListener("open", () => {
    wait = RETRY_FIRST_MS;
  });
  socket.addEventListener("message", (message: MessageEvent<string>) => {
    const { event_id } = JSON.parse(message.data) as { event_id: string };
    const shown = document.querySelector<HTMLElement>("[data-live]")?.dataset["live"];
    // A page about one event stays as it is when another one sold.
    if (!shown || shown === event_id) document.body.dispatchEvent(new CustomEvent("sales-moved"));
  });
  // Without the socket the page still asks every five seconds; it comes back by itself.
  socket.addEventListener("close", () => {
    setTimeout(listen, wait);
    wait = Math.min(wait * 2, RETRY_MOST_MS);
  });
}

listen();

/** What somebody is reading or has the focus in stays as it is; what nobody looks at is not asked for. */
document.addEventListener("htmx:beforeRequest", (event) => {
  const live = (event.target as Element).closest("[data-live]");
  if (!live) return;
  const isRead = live.querySelector("details[open]") !== null || live.contains(document.activeElement);
  if (isRead || document.hidden) event.preventDefault();
});
