import type { Problem } from "./problems";

export interface Placed {
  url: string;
  clientSecret: string;
  capture: string | undefined;
}

/** The server said no, in words for the buyer. `isOver` when the hold has ended. */
export class Refused extends Error {
  constructor(
    readonly problems: Problem[],
    readonly isOver: boolean,
  ) {
    super("refused");
  }
}

let lastBody = "";
let lastKey = "";

/** The same details get the same key: sent twice after a lost connection, they are one order. */
function keyFor(body: string): string {
  if (body !== lastBody) [lastBody, lastKey] = [body, crypto.randomUUID()];
  return lastKey;
}

/** What is plainly missing, in the server's own words, before anything is sent. */
export function missing(form: HTMLFormElement): Problem[] {
  const data = new FormData(form);
  const problems: Problem[] = [];
  if (!/^\S+@\S+\.\S+$/.test(String(data.get("email")).trim())) problems.push({ field: "email", words: form.dataset.textEmail ?? "" });
  if (!String(data.get("name")).trim()) problems.push({ field: "name", words: form.dataset.textName ?? "" });
  if (!data.getAll("consents").includes("terms")) problems.push({ field: "consents", words: form.dataset.textConsents ?? "" });
  return problems;
}

/** Turns the hold into an order. Throws Refused, or TypeError when the connection is lost. */
export async function placeOrder(form: HTMLFormElement): Promise<Placed> {
  const data = new FormData(form);
  const body = JSON.stringify({
    hold_id: form.dataset.hold,
    buyer: {
      name: String(data.get("name")).trim(),
      email: String(data.get("email")).trim(),
      consents: data.getAll("consents"),
    },
  });
  const answer = await fetch("/api/v1/orders", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Authorization: `Bearer ${form.dataset.token ?? ""}`,
      "Idempotency-Key": keyFor(body),
      ...(form.dataset.pass ? { "Buyer-Token": form.dataset.pass } : {}),
      "Accept-Language": document.documentElement.lang,
    },
    body,
  });
  const result = await answer.json();
  if (!answer.ok) {
    throw new Refused([{ field: result.field ?? "", words: result.detail ?? result.title }], result.code === "hold_ended");
  }
  return { url: result.url, clientSecret: result.payment?.client_secret ?? "", capture: result.payment?.capture_method };
}
