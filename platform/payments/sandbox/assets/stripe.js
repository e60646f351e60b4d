/*
 * The sandbox's own subset of Stripe's browser library. Same calls, same results, no internet.
 * Card data is typed into a frame of this server and never reaches the page that embeds it.
 */
(() => {
  "use strict";

  const BASE = new URL(document.currentScript.src).origin;
  const VERSION = "{api_version}"; // filled in by the server
  const LOAD_SECONDS = 15;
  const UNREACHABLE = {
    type: "api_connection_error",
    message: "We could not reach the payment service. Check your connection and try again.",
  };

  class IntegrationError extends Error {
    constructor(message) {
      super(message);
      this.name = "IntegrationError";
    }
  }

  /** One call to the API with the publishable key; resolves to {body} or {error}. */
  async function request(stripe, method, path, params = {}) {
    const form = new URLSearchParams();
    flatten(form, params);
    const headers = { Authorization: `Bearer ${stripe.key}`, "Stripe-Version": VERSION };
    if (stripe.account) headers["Stripe-Account"] = stripe.account;
    const url = method === "GET" ? `${BASE}${path}?${form}` : BASE + path;
    try {
      const response = await fetch(url, { method, headers, body: method === "GET" ? undefined : form });
      const body = await response.json();
      return response.ok ? { body } : { error: body.error };
    } catch {
      return { error: UNREACHABLE };
    }
  }

  function flatten(form, value, prefix = "") {
    for (const [key, item] of Object.entries(value)) {
      const name = prefix ? `${prefix}[${key}]` : key;
      if (item === undefined || item === null) continue;
      if (typeof item === "object") flatten(form, item, name);
      else form.append(name, String(item));
    }
  }

  function intentId(clientSecret) {
    const match = /^(pi_\w+?)_secret_\w+$/.exec(clientSecret ?? "");
    if (!match) throw new IntegrationError("The client secret of a PaymentIntent looks like pi_..._secret_...");
    return match[1];
  }

  /** Calls into a frame and events out of it, over a port that only the two of them hold. */
  class Link {
    constructor(frame, init, onEvent) {
      this.waiting = new Map();
      this.next = 1;
      this.opened = new Promise((resolve) => {
        this.answered = () => resolve(true);
        setTimeout(() => resolve(false), LOAD_SECONDS * 1000);
        frame.addEventListener("load", () => {
          const { port1, port2 } = new MessageChannel();
          this.port = port1;
          port1.onmessage = ({ data }) => this.receive(data, onEvent);
          frame.contentWindow.postMessage({ type: "init", ...init() }, BASE, [port2]);
        });
      });
      // Also without a network a frame "loads": only its own word says that the form is there.
      void this.opened.then((isThere) => isThere || onEvent("loaderror", { error: UNREACHABLE }));
    }

    receive(data, onEvent) {
      if (data.event === "ready") this.answered();
      if (data.event) return onEvent(data.event, data.detail);
      this.waiting.get(data.id)?.(data.result);
      this.waiting.delete(data.id);
    }

    async call(name, argument) {
      if (!(await this.opened)) return { error: UNREACHABLE };
      const id = this.next++;
      return new Promise((resolve) => {
        this.waiting.set(id, resolve);
        this.port.postMessage({ id, call: name, argument });
      });
    }
  }

  /** The frame with the card form. */
  class PaymentElement {
    constructor(elements, options) {
      this.elements = elements;
      this.options = options ?? {};
      this.listeners = new Map();
    }

    on(event, listener) {
      this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
      return this;
    }

    once(event, listener) {
      const once = (detail) => {
        this.off(event, once);
        listener(detail);
      };
      return this.on(event, once);
    }

    off(event, listener) {
      this.listeners.set(event, listener ? (this.listeners.get(event) ?? []).filter((l) => l !== listener) : []);
      return this;
    }

    mount(target) {
      const place = typeof target === "string" ? document.querySelector(target) : target;
      if (!place) throw new IntegrationError(`The selector you specified (${target}) applies to no DOM elements.`);
      if (this.frame) this.frame.remove();
      this.frame = document.createElement("iframe");
      this.frame.src = `${BASE}/elements/payment?account=${encodeURIComponent(this.elements.stripe.account ?? "")}`;
      this.frame.title = "Secure payment input frame";
      this.frame.allow = "payment *";
      setStyle(this.frame, {
        border: "0",
        display: "block",
        width: "100%",
        height: "240px",
        "color-scheme": "light",
        background: "transparent",
      });
      this.link = new Link(this.frame, () => this.settings(), (event, detail) => this.receive(event, detail));
      place.replaceChildren(this.frame);
    }

    settings() {
      const { stripe, options } = this.elements;
      const { appearance, locale, currency, captureMethod, excludedPaymentMethodTypes: excluded } = options;
      const { setupFutureUsage, customerSessionClientSecret: customerSession } = options;
      const asked = { currency, captureMethod, excluded, setupFutureUsage, customerSession };
      return { key: stripe.key, account: stripe.account, version: VERSION, appearance, locale, options: this.options, ...asked };
    }

    receive(event, detail) {
      if (!this.frame) return;
      if (event === "resize") return void setStyle(this.frame, { height: `${detail.height}px` });
      const told = { elementType: "payment", ...detail };
      for (const listener of this.listeners.get(event) ?? []) listener(event === "ready" ? this : told);
    }

    update(options) {
      this.options = { ...this.options, ...options };
      this.link?.call("update", { options: this.options, setupFutureUsage: this.elements.options.setupFutureUsage });
    }

    focus() {
      this.frame?.focus();
      this.link?.call("focus");
    }

    blur() {
      this.frame?.blur();
    }

    collapse() {}

    clear() {
      this.link?.call("clear");
    }

    unmount() {
      this.frame?.remove();
      this.frame = this.link = undefined;
    }

    destroy() {
      this.unmount();
      this.elements.forget(this);
    }
  }

  function setStyle(node, values) {
    // One property at a time: a style attribute would offend a page's content policy.
    for (const [name, value] of Object.entries(values)) node.style.setProperty(name, value);
  }

  class Elements {
    constructor(stripe, options = {}) {
      if (options.mode && !options.clientSecret && options.mode !== "setup") {
        if (!Number.isInteger(options.amount) || options.amount <= 0) {
          throw new IntegrationError("elements(): amount must be a positive integer in the currency's minor unit.");
        }
        if (!/^[a-z]{3}$/.test(options.currency ?? "")) {
          throw new IntegrationError("elements(): currency must be a lower-case three-letter code.");
        }
      }
      this.stripe = stripe;
      this.options = options;
    }

    create(type, options) {
      if (type !== "payment") throw new IntegrationError(`The sandbox offers the payment element, not "${type}".`);
      if (this.payment) throw new IntegrationError("Can only create one Element of type payment.");
      this.payment = new PaymentElement(this, options);
      return this.payment;
    }

    getElement(type) {
      return type === "payment" ? (this.payment ?? null) : null;
    }

    forget() {
      this.payment = undefined;
    }

    update(options) {
      this.options = { ...this.options, ...options };
      this.submitted = false;
      const { appearance, setupFutureUsage } = this.options;
      this.payment?.link?.call("update", { appearance, setupFutureUsage });
    }

    async fetchUpdates() {
      return {};
    }

    async submit() {
      if (!this.payment?.link) throw new IntegrationError("elements.submit() needs a mounted payment element.");
      const result = await this.payment.link.call("submit");
      this.submitted = !result.error;
      return result.error ? result : { selectedPaymentMethod: result.method ?? "card" };
    }
  }

  class Stripe {
    constructor(key, options = {}) {
      if (typeof key !== "string" || !key.startsWith("pk_")) {
        throw new IntegrationError("Stripe() needs a publishable key (pk_...), never a secret one.");
      }
      if (!key.startsWith("pk_test_")) throw new IntegrationError("The sandbox takes test keys only.");
      this.key = key;
      this.account = options.stripeAccount;
      this.locale = options.locale;
    }

    elements(options) {
      return new Elements(this, { locale: this.locale, ...options });
    }

    async retrievePaymentIntent(clientSecret) {
      const path = `/v1/payment_intents/${intentId(clientSecret)}`;
      const { body, error } = await request(this, "GET", path, { client_secret: clientSecret });
      return error ? { error } : { paymentIntent: body };
    }

    async createPaymentMethod({ elements, params }) {
      if (!elements.submitted) throw new IntegrationError("elements.submit() must be called first.");
      return elements.payment.link.call("createPaymentMethod", params ?? {});
    }

    async confirmPayment({ elements, clientSecret, confirmParams = {}, redirect = "always" }) {
      const secret = clientSecret ?? elements?.options.clientSecret;
      if (redirect === "always" && !confirmParams.return_url) {
        throw new IntegrationError("confirmPayment(): confirmParams.return_url is needed unless redirect: 'if_required'.");
      }
      const path = `/v1/payment_intents/${intentId(secret)}/confirm`;
      const { return_url, payment_method, payment_method_data, receipt_email, shipping } = confirmParams;
      const params = { client_secret: secret, return_url, receipt_email, shipping, use_stripe_sdk: true };
      let outcome;
      if (elements) {
        const refused = await this.#checkElements(elements, secret);
        if (refused) return refused;
        const argument = { path, params, billing: payment_method_data?.billing_details };
        outcome = await elements.payment.link.call("confirm", argument);
      } else {
        const { body, error } = await request(this, "POST", path, { ...params, payment_method });
        outcome = error ? { error } : { paymentIntent: body };
      }
      if (outcome.error) return outcome;
      return this.#finish(outcome.paymentIntent, secret, { redirect, returnUrl: return_url });
    }

    async handleNextAction({ clientSecret }) {
      const { paymentIntent, error } = await this.retrievePaymentIntent(clientSecret);
      if (error) return { error };
      return this.#finish(paymentIntent, clientSecret, { redirect: "if_required" });
    }

    async confirmCardPayment(clientSecret, { payment_method, return_url } = {}) {
      const confirmParams = { payment_method, return_url };
      return this.confirmPayment({ clientSecret, confirmParams, redirect: "if_required" });
    }

    /** What a form made before its PaymentIntent promised must be what the PaymentIntent asks for. */
    async #checkElements(elements, secret) {
      if (!elements.payment?.link) throw new IntegrationError("confirmPayment() needs a mounted payment element.");
      const { mode, amount, currency, captureMethod, setupFutureUsage, clientSecret } = elements.options;
      if (clientSecret && !elements.submitted) {
        const { error } = await elements.submit();
        return error ? { error } : undefined;
      }
      if (!elements.submitted) {
        throw new IntegrationError("elements.submit() must be called before stripe.confirmPayment().");
      }
      if (mode !== "payment") return undefined;
      const { paymentIntent, error } = await this.retrievePaymentIntent(secret);
      if (error) return { error };
      const manual = paymentIntent.capture_method === "manual";
      const wrong =
        paymentIntent.amount !== amount
          ? `The amount given to elements (${amount}) is not the PaymentIntent's (${paymentIntent.amount}).`
          : paymentIntent.currency !== currency
            ? `The currency given to elements (${currency}) is not the PaymentIntent's (${paymentIntent.currency}).`
            : (captureMethod === "manual") !== manual
              ? `The captureMethod given to elements (${captureMethod}) is not the PaymentIntent's.`
              : (setupFutureUsage ?? null) !== paymentIntent.setup_future_usage
                ? `The setupFutureUsage given to elements (${setupFutureUsage}) is not the PaymentIntent's.`
                : "";
      return wrong ? { error: { type: "invalid_request_error", message: wrong } } : undefined;
    }

    async #finish(intent, secret, { redirect, returnUrl }) {
      let current = intent;
      if (current.status === "requires_action") {
        const action = current.next_action;
        if (action.type === "redirect_to_url") {
          location.assign(action.redirect_to_url.url);
          return new Promise(() => {}); // the page is leaving
        }
        await authenticate(action.use_stripe_sdk.stripe_js);
        const { paymentIntent, error } = await this.retrievePaymentIntent(secret);
        if (error) return { error };
        current = paymentIntent;
      }
      if (current.status === "requires_payment_method" && current.last_payment_error) {
        return { error: { ...current.last_payment_error, payment_intent: current } };
      }
      if (redirect === "always" && returnUrl) {
        const url = new URL(returnUrl, location.href);
        url.searchParams.set("payment_intent", current.id);
        url.searchParams.set("payment_intent_client_secret", secret);
        url.searchParams.set("redirect_status", "succeeded");
        location.assign(url);
        return new Promise(() => {});
      }
      return { paymentIntent: current };
    }
  }

  /** The bank's page over everything else; resolves when it was answered. */
  function authenticate(url) {
    const dialog = document.createElement("dialog");
    const frame = document.createElement("iframe");
    dialog.setAttribute("aria-label", "3D Secure authentication");
    frame.title = "3D Secure authentication";
    frame.src = url;
    setStyle(dialog, {
      border: "0",
      margin: "0",
      padding: "0",
      inset: "0",
      width: "100%",
      height: "100%",
      "max-width": "none",
      "max-height": "none",
      overflow: "hidden",
      background: "transparent",
      "color-scheme": "light",
    });
    setStyle(frame, {
      border: "0",
      display: "block",
      width: "100%",
      height: "100%",
      "color-scheme": "light",
      background: "transparent",
    });
    // Past the last button Chromium's Tab gets into frames beneath a modal dialog: these two turn it round.
    const edges = [document.createElement("span"), document.createElement("span")];
    for (const edge of edges) {
      edge.tabIndex = 0;
      edge.addEventListener("focus", () => frame.focus());
    }
    dialog.append(edges[0], frame, edges[1]);
    const overflow = document.documentElement.style.overflow;
    setStyle(document.documentElement, { overflow: "hidden" });
    return new Promise((resolve) => {
      // Escape would leave a payment half made: only the bank's page ends this.
      const stay = () => dialog.isConnected && !dialog.open && dialog.showModal();
      const listen = (event) => {
        if (event.source !== frame.contentWindow || event.origin !== BASE) return;
        if (event.data?.type !== "challenge-answered") return;
        window.removeEventListener("message", listen);
        dialog.removeEventListener("close", stay);
        dialog.close();
        dialog.remove();
        setStyle(document.documentElement, { overflow });
        resolve();
      };
      window.addEventListener("message", listen);
      dialog.addEventListener("cancel", (event) => event.preventDefault());
      dialog.addEventListener("close", stay);
      frame.addEventListener("load", () => frame.focus());
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  window.Stripe = Object.assign((key, options) => new Stripe(key, options), { version: "sandbox" });
})();
