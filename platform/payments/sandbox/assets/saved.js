/* The customer's saved cards above the form, where the page brought a customer session. */
(() => {
  "use strict";

  const box = document.querySelector("#saved");
  const list = document.querySelector("#saved-cards");
  const fresh = document.querySelector("#saved-new");
  const NAMES = { visa: "Visa", mastercard: "Mastercard", amex: "Amex", discover: "Discover", diners: "Diners", jcb: "JCB" };
  let told;

  function chosen() {
    return box.hidden ? "" : (box.querySelector("input:checked")?.value ?? "");
  }

  function row(card) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "saved", value: card.id });
    const words = document.createElement("span");
    words.textContent = `${NAMES[card.brand] ?? card.brand} \u00b7\u00b7\u00b7\u00b7 ${card.last4} `;
    const until = document.createElement("small");
    until.textContent = `${String(card.exp_month).padStart(2, "0")} / ${String(card.exp_year).slice(2)}`;
    words.append(until);
    label.append(input, words);
    return label;
  }

  /** Only the new method's form may be hidden by a choice. */
  function show() {
    const isSaved = chosen() !== "";
    for (const part of document.querySelectorAll("#card, #debit, #methods, details")) part.inert = isSaved;
    document.querySelector("main").classList.toggle("uses-saved", isSaved);
    told?.();
  }

  box.addEventListener("change", show);

  window.SAVED = {
    /** Fetch and offer them; `changed` is called whenever another one is chosen. */
    async offer({ customerSession }, changed) {
      told = changed;
      if (!customerSession) return;
      try {
        const answer = await fetch(`/elements/saved/${encodeURIComponent(customerSession)}`);
        const { cards } = answer.ok ? await answer.json() : { cards: [] };
        if (!cards.length) return;
        list.replaceChildren(...cards.map(row));
        box.hidden = false;
        list.querySelector("input").checked = true;
        show();
      } catch {
        // without them the form takes a new card
      }
    },
    chosen,
    fresh,
  };
})();
