/* SEPA Debit beside the card: shown where the account offers it and the money may be taken at once. */
(() => {
  "use strict";

  const methods = document.querySelector("#methods");
  const debit = document.querySelector("#debit");
  const card = document.querySelector("#card");
  const [iban, holder, email] = ["iban", "holder", "email"].map((id) => document.getElementById(id));
  const offered = document.querySelector("main").dataset.methods.split(" ");

  function chosen() {
    return debit.hidden ? "card" : "sepa_debit";
  }

  methods.addEventListener("change", ({ target }) => {
    debit.hidden = target.value !== "sepa_debit";
    card.hidden = !debit.hidden;
  });
  debit.addEventListener("submit", (event) => event.preventDefault());
  debit.addEventListener("input", ({ target }) => show(target, ""));

  function show(field, words) {
    document.getElementById(`${field.id}-error`).textContent = words;
    if (words) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  function problemOf(field) {
    if (field === iban) return iban.value.replace(/\s/g, "").length < 15 ? "Your IBAN is incomplete." : "";
    if (field === holder) return holder.value.trim() ? "" : "Your name is incomplete.";
    return /^\S+@\S+\.\S+$/.test(email.value.trim()) ? "" : "Your email is incomplete.";
  }

  window.SEPA = {
    /** What the page asks for decides: only euros, and not where a payment is authorised first. */
    offer({ currency, captureMethod, excluded }) {
      const isOffered = offered.includes("sepa_debit") && currency === "eur" && captureMethod !== "manual";
      methods.hidden = !isOffered || (excluded ?? []).includes("sepa_debit");
    },
    isChosen: () => chosen() === "sepa_debit",
    /** The first problem as Stripe's error, or null. */
    check() {
      const wrong = [iban, holder, email].filter((field) => {
        show(field, problemOf(field));
        return problemOf(field);
      });
      if (!wrong.length) return null;
      wrong[0].focus();
      return { type: "validation_error", code: "incomplete_iban", message: problemOf(wrong[0]) };
    },
    method: () => ({
      type: "sepa_debit",
      sepa_debit: { iban: iban.value.replace(/\s/g, "") },
      billing_details: { name: holder.value.trim(), email: email.value.trim() },
    }),
    refuse: (words) => show(iban, words),
  };
})();
