/**
 * Words for scripts come translated with the page: `<html data-text-connection-lost="…">`.
 * The English default is for a page that carries none.
 */
export function text(key: string, fallback: string): string {
  const name = `text${key.charAt(0).toUpperCase()}${key.slice(1)}`;
  return document.documentElement.dataset[name] ?? fallback;
}
