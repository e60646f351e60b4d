/** Minor units in the page's language: (4900, "EUR") -> "€49.00". The server's figures decide; this is for previews. */
export function formatMoney(amount: number, currency: string): string {
  const language = document.documentElement.lang || "en";
  const format = new Intl.NumberFormat(language === "en" ? "en-GB" : language, { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}
