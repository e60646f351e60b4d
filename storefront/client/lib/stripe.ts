/** The part of Stripe's browser library that we use; the same for Stripe's own and for the sandbox's. */
export interface StripeError {
  type?: string;
  code?: string;
  decline_code?: string;
  message?: string;
}

/** What the form says when something in it changes; `payment_method` where a saved one is chosen. */
export interface Told {
  value?: { payment_method?: { id: string } };
}

export interface Elements {
  create(
    type: "payment",
    options?: object,
  ): { mount(target: string): void; on(event: string, listener: (told?: Told) => void): void };
  update(options: object): void;
  submit(): Promise<{ error?: StripeError }>;
}

export interface Stripe {
  elements(options: object): Elements;
  confirmPayment(options: {
    elements: Elements;
    clientSecret: string;
    confirmParams: { return_url: string; payment_method_data?: object };
    redirect: "if_required";
  }): Promise<{ error?: StripeError; paymentIntent?: { status: string } }>;
}

declare global {
  interface Window {
    Stripe?: (key: string, options: { stripeAccount?: string }) => Stripe;
  }
}

/** The library once its script has run; null when it does not come within eight seconds. */
export async function stripeLibrary(): Promise<Window["Stripe"] | null> {
  for (let waited = 0; waited < 8000; waited += 100) {
    if (window.Stripe) return window.Stripe;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return null;
}

/** The provider's form in our colours and type; its frame cannot read our stylesheet. */
export function appearance(): object {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    theme: style.colorScheme === "dark" ? "night" : "stripe",
    variables: {
      colorPrimary: token("--color-base-content"),
      colorBackground: token("--color-base-100"),
      colorText: token("--color-base-content"),
      colorTextSecondary: token("--ink-muted"),
      colorDanger: token("--ink-err"),
      fontFamily: "Figtree, system-ui, sans-serif",
      fontSizeBase: "16px",
      borderRadius: "8px",
      spacingUnit: "4px",
    },
  };
}
