/** The page's parts by their ids; a missing one is a mistake in the template. */
export function element<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`#${id} is missing`);
  return found as Kind;
}

/** A translated word that the template carries: `<div id="words" data-offline="…">`. */
export function word(name: string): string {
  return element("words").dataset[name] ?? name;
}

/** Shows one of the page's panes and hides the others. */
export function showPane(id: "pair" | "start" | "scan"): void {
  for (const name of ["pair", "start", "scan"]) element(name).hidden = name !== id;
  element("thumbs").hidden = id !== "scan";
}
