export interface Problem {
  /** The field's name, or empty for the form as a whole. */
  field: string;
  words: string;
}

/** Shows problems as the server would: a summary that takes the focus and links to each field, the same words beside it. */
export function showProblems(form: HTMLFormElement, problems: Problem[]): void {
  clearProblems(form);
  if (!problems.length) return;
  const summary = document.createElement("div");
  summary.className = "error-summary";
  summary.tabIndex = -1;
  summary.setAttribute("role", "alert");
  const heading = document.createElement("h2");
  heading.className = "text-lg";
  heading.textContent = form.dataset.textProblem ?? "";
  const list = document.createElement("ul");
  list.className = "mt-2 grid gap-1";
  list.append(...problems.map(summaryLine));
  summary.append(heading, list);
  form.querySelector("#problems")?.replaceChildren(summary);
  problems.forEach((problem) => markField(form, problem));
  summary.focus();
}

export function clearProblems(form: HTMLFormElement): void {
  form.querySelector("#problems")?.replaceChildren();
  form.querySelectorAll(".field-error").forEach((error) => error.remove());
  form.querySelectorAll('[aria-invalid="true"]').forEach((input) => input.removeAttribute("aria-invalid"));
}

function summaryLine(problem: Problem): HTMLElement {
  const item = document.createElement("li");
  if (!problem.field) {
    item.textContent = problem.words;
    return item;
  }
  const link = document.createElement("a");
  link.href = `#field-${problem.field}`;
  link.textContent = problem.words;
  item.append(link);
  return item;
}

function markField(form: HTMLFormElement, problem: Problem): void {
  const input = form.querySelector<HTMLInputElement>(`#field-${problem.field}`);
  if (!problem.field || !input) return;
  input.setAttribute("aria-invalid", "true");
  const error = document.createElement("p");
  error.className = "field-error";
  error.id = `field-${problem.field}-error`;
  const spoken = document.createElement("span");
  spoken.className = "sr-only";
  spoken.textContent = `${form.dataset.textError ?? ""} `;
  error.append(spoken, problem.words);
  (input.closest(".check") ?? input).before(error);
}
