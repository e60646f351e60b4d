/* The card form in its frame. Speaks with the page only through the port that the library hands over. */
(() => {
  "use strict";

  const form = document.querySelector("#card");
  const [number, expiry, cvc] = ["number", "expiry", "cvc"].map((id) => document.getElementById(id));
  const fields = [number, expiry, cvc];
  const BRANDS = [
    [/^4/, "Visa", "visa"],
    [/^(5[1-5]|2[2-7])/, "Mastercard", "mastercard"],
    [/^3[47]/, "Amex", "amex"],
    [/^(6011|65|64[4-9])/, "Discover", "discover"],
    [/^(30|36|38|39)/, "Diners", "diners"],
    [/^35/, "JCB", "jcb"],
    [/^62/, "UnionPay", "unionpay"],
  ];
  const UNREACHABLE = {
    type: "api_connection_error",
    message: "We could not reach the payment service. Check your connection and try again.",
  };
  const BLUR_PAUSE_MS = 250;
  let port;
  let settings;

  const digits = (field) => field.value.replace(/\D/g, "");

  function brand() {
    return BRANDS.find(([start]) => start.test(digits(number))) ?? [null, "Card", "unknown"];
  }

  /** The check digit of a card number. */
  function isPlausible(text) {
    const sum = [...text].reverse().reduce((total, digit, index) => {
      const doubled = index % 2 ? digit * 2 : Number(digit);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
    return sum % 10 === 0;
  }

  function numberLength() {
    return brand()[2] === "amex" ? 15 : brand()[2] === "diners" && digits(number).length <= 14 ? 14 : 16;
  }

  function dates() {
    const text = digits(expiry);
    const year = Number(text.slice(2));
    return { month: Number(text.slice(0, 2)), year: text.length > 4 ? year : 2000 + year, typed: text.length };
  }

  /** What is wrong with one field, as [code, words]; null when it is complete. */
  function problemOf(field) {
    if (field === number) {
      const text = digits(number);
      if (text.length < numberLength()) return ["incomplete_number", "Your card number is incomplete."];
      return isPlausible(text) ? null : ["invalid_number", "Your card number is invalid."];
    }
    if (field === expiry) {
      const { month, year, typed } = dates();
      if (typed !== 4 && typed !== 6) return ["incomplete_expiry", "Your card's expiration date is incomplete."];
      if (month < 1 || month > 12) return ["invalid_expiry_month", "Your card's expiration month is invalid."];
      const today = new Date();
      if (year < today.getFullYear()) {
        return ["invalid_expiry_year_past", "Your card's expiration year is in the past."];
      }
      const past = year === today.getFullYear() && month < today.getMonth() + 1;
      return past ? ["invalid_expiry_month_past", "Your card's expiration date is in the past."] : null;
    }
    const length = brand()[2] === "amex" ? 4 : 3;
    return digits(cvc).length < length ? ["incomplete_cvc", "Your card's security code is incomplete."] : null;
  }

  function show(field, words) {
    document.getElementById(`${field.id}-error`).textContent = words;
    if (words) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  function tell(event, detail) {
    port?.postMessage({ event, detail });
  }

  function changed() {
    const saved = SAVED.chosen();
    if (saved) {
      const value = { type: "card", payment_method: { id: saved } };
      return tell("change", { complete: true, empty: false, collapsed: false, value });
    }
    const complete = fields.every((field) => !problemOf(field));
    const empty = fields.every((field) => !field.value);
    tell("change", { complete, empty, collapsed: false, value: { type: "card" } });
  }

  /** Groups digits while typing; the cursor stays after the digit that it was after. */
  function format(field, text) {
    if (field.value === text) return;
    const atEnd = field.selectionStart === field.value.length;
    let left = field.value.slice(0, field.selectionStart).replace(/\D/g, "").length;
    field.value = text;
    if (atEnd) return;
    let place = 0;
    while (left > 0 && place < text.length) if (/\d/.test(text[place++])) left -= 1;
    field.setSelectionRange(place, place);
  }

  function grouped() {
    const text = digits(number).slice(0, 19);
    if (brand()[2] === "amex") return [text.slice(0, 4), text.slice(4, 10), text.slice(10, 15)].filter(Boolean).join(" ");
    return text.match(/.{1,4}/g)?.join(" ") ?? "";
  }

  function spacedExpiry(isDeleting) {
    let text = digits(expiry).slice(0, 6);
    if (text.length === 1 && Number(text) > 1) text = `0${text}`;
    if (text.length < 2 || (text.length === 2 && isDeleting)) return text;
    return `${text.slice(0, 2)} / ${text.slice(2)}`;
  }

  form.addEventListener("input", (event) => {
    const field = event.target;
    if (field === number) format(number, grouped());
    if (field === expiry) format(expiry, spacedExpiry(event.inputType?.startsWith("delete")));
    if (field === cvc) format(cvc, digits(cvc).slice(0, 4));
    document.querySelector("#brand").textContent = brand()[1];
    show(field, "");
    if (field === number && digits(number).length === numberLength()) {
      const problem = problemOf(number);
      if (problem) show(number, problem[1]);
      else if (event.inputType === "insertText") expiry.focus();
    }
    changed();
  });
  form.addEventListener("focusout", ({ target }) => {
    if (!target.value) return;
    // A little later: words that appear under a finger would move the button which it is about to press.
    setTimeout(() => {
      const problem = target.value && document.activeElement !== target ? problemOf(target) : null;
      if (problem) show(target, problem[1]);
    }, BLUR_PAUSE_MS);
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  for (const button of document.querySelectorAll("[data-number]")) {
    button.addEventListener("click", () => {
      number.value = button.dataset.number;
      number.value = grouped();
      expiry.value = `12 / ${String(new Date().getFullYear() + 2).slice(2)}`;
      cvc.value = "123";
      document.querySelector("#brand").textContent = brand()[1];
      fields.forEach((field) => show(field, ""));
      changed();
    });
  }

  async function request(path, params) {
    const body = new URLSearchParams();
    flatten(body, params);
    const headers = { Authorization: `Bearer ${settings.key}`, "Stripe-Version": settings.version };
    if (settings.account) headers["Stripe-Account"] = settings.account;
    try {
      const response = await fetch(path, { method: "POST", headers, body });
      const answer = await response.json();
      return response.ok ? { body: answer } : { error: answer.error };
    } catch {
      return { error: UNREACHABLE };
    }
  }

  function flatten(form, value, prefix = "") {
    for (const [key, item] of Object.entries(value)) {
      const name = prefix ? `${prefix}[${key}]` : key;
      if (item === undefined || item === null || item === "") continue;
      if (typeof item === "object") flatten(form, item, name);
      else form.append(name, String(item));
    }
  }

  async function createMethod(billing) {
    if (SEPA.isChosen()) return request("/v1/payment_methods", SEPA.method());
    const { month, year } = dates();
    const card = { number: digits(number), exp_month: month, exp_year: year, cvc: digits(cvc) };
    // Saved without a box of the form's own to tick: Stripe calls that limited.
    const redisplay = settings.setupFutureUsage ? "limited" : undefined;
    return request("/v1/payment_methods", { type: "card", card, billing_details: billing, allow_redisplay: redisplay });
  }

  const WRONG_FIELD = { number, exp_month: expiry, exp_year: expiry, cvc };
  const CALLS = {
    submit() {
      if (SAVED.chosen()) return {};
      if (SEPA.isChosen()) {
        const error = SEPA.check();
        return error ? { error } : { method: "sepa_debit" };
      }
      let first;
      for (const field of fields) {
        const problem = problemOf(field);
        show(field, problem ? problem[1] : "");
        if (problem && !first) first = { field, problem };
      }
      if (!first) return {};
      first.field.focus();
      return { error: { type: "validation_error", code: first.problem[0], message: first.problem[1] } };
    },
    async confirm({ path, params, billing }) {
      if (SAVED.chosen()) {
        const { body, error } = await request(path, { ...params, payment_method: SAVED.chosen() });
        return error ? { error } : { paymentIntent: body };
      }
      const method = await createMethod(billing);
      if (SEPA.isChosen() && method.error) SEPA.refuse(method.error.message);
      const result = method.error ? method : await request(path, { ...params, payment_method: method.body.id });
      if (!result.error) return { paymentIntent: result.body };
      const field = WRONG_FIELD[result.error.param];
      if (field) show(field, result.error.message);
      return { error: result.error };
    },
    async createPaymentMethod({ billing_details }) {
      const { body, error } = await createMethod(billing_details);
      return error ? { error } : { paymentMethod: body };
    },
    update({ appearance, options, setupFutureUsage }) {
      if (appearance) dress(appearance);
      settings.setupFutureUsage = setupFutureUsage;
      if (options) settings.options = options;
      return {};
    },
    focus() {
      number.focus();
      return {};
    },
    clear() {
      form.reset();
      fields.forEach((field) => show(field, ""));
      changed();
      return {};
    },
  };

  /** The embedding page's colours and type. */
  function dress({ theme, variables = {} }) {
    const root = document.documentElement;
    root.classList.toggle("night", theme === "night");
    const names = {
      primary: variables.colorPrimary,
      background: variables.colorBackground,
      text: variables.colorText,
      secondary: variables.colorTextSecondary,
      danger: variables.colorDanger,
      radius: variables.borderRadius,
      size: variables.fontSizeBase,
      font: variables.fontFamily,
    };
    for (const [name, value] of Object.entries(names)) if (value) root.style.setProperty(`--${name}`, value);
  }

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.data?.type !== "init" || port) return;
    settings = event.data;
    port = event.ports[0];
    if (settings.appearance) dress(settings.appearance);
    SEPA.offer(settings);
    const saved = SAVED.offer(settings, changed);
    port.onmessage = async ({ data }) => {
      const call = CALLS[data.call];
      port.postMessage({ id: data.id, result: call ? await call(data.argument ?? {}) : {} });
    };
    const report = () => tell("resize", { height: Math.ceil(document.querySelector("main").getBoundingClientRect().height) + 6 });
    new ResizeObserver(report).observe(document.querySelector("main"));
    report();
    void saved.then(() => tell("ready", {}));
  });
  for (const field of fields) {
    field.addEventListener("focus", () => tell("focus", {}));
    field.addEventListener("blur", () => tell("blur", {}));
  }
})();
