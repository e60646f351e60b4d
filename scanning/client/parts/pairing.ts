/** The device's token: it comes in the address's fragment (which no server sees) or by hand, and stays on this phone. */

const KEPT_AS = "marquee.door.token";

/** The token inside what was pasted or scanned: itself, or an address that ends in it. */
export function tokenIn(text: string): string | null {
  return /door_[\w-]{20,}/.exec(text)?.[0] ?? null;
}

export function keptToken(): string | null {
  const arrived = tokenIn(location.hash);
  if (arrived) {
    keepToken(arrived);
    // A shared screen or a bookmark must not carry the secret.
    history.replaceState(null, "", location.pathname);
  }
  return arrived ?? localStorage.getItem(KEPT_AS);
}

export function keepToken(token: string): void {
  localStorage.setItem(KEPT_AS, token);
}

export function forgetToken(): void {
  localStorage.removeItem(KEPT_AS);
}
