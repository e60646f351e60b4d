/** Whether the buyer wants to be reminded is told as it is ticked: who leaves the page sends nothing any more. */
export function tellReminder(form: HTMLFormElement): void {
  const box = form.querySelector<HTMLInputElement>("[name=reminder]");
  const address = box?.dataset.address;
  if (!box || !address) return;
  let told = "";
  let before: Promise<unknown> = Promise.resolve();
  form.addEventListener("change", () => {
    const data = new FormData(form);
    const email = String(data.get("email")).trim();
    if (box.checked && !/^\S+@\S+\.\S+$/.test(email)) return; // told with the address
    const body = new URLSearchParams(box.checked ? { reminder: "on", email, name: String(data.get("name")).trim() } : {});
    if (String(body) === told) return;
    told = String(body);
    // One after the other, so that the last word is the one that counts.
    before = before
      .then(() => fetch(address, { method: "POST", body, keepalive: true }))
      .catch(() => {
        told = "";
      });
  });
}
