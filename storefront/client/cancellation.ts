/** The quote follows the tickets chosen: the server prices, this only asks again and shows its answer. */
const form = document.querySelector<HTMLFormElement>("[data-quote-form]");
let latest = 0;

async function requote(): Promise<void> {
  if (!form) return;
  const mine = ++latest;
  const query = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  const answer = await fetch(`${location.pathname}?${query.toString()}`, { headers: { Accept: "text/html" } });
  if (!answer.ok || mine !== latest) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const quote = page.querySelector("#quote");
  if (quote) document.querySelector("#quote")?.replaceWith(document.adoptNode(quote));
}

form?.querySelector("[data-without-script]")?.setAttribute("hidden", "");
form?.addEventListener("change", () => void requote());
