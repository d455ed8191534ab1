// The decision bar: which button was pressed, how many lines are chosen, and no rejection without a reason.
document.querySelectorAll("[data-decision]").forEach((form) => {
  const boxes = [...form.querySelectorAll('input[name="line"]')];
  const all = form.querySelector("[data-choose-all]");
  const note = form.querySelector('textarea[name="note"]');
  if (!note) return;

  const refresh = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    form.querySelectorAll('[data-scope="chosen"]').forEach((button) => { button.disabled = chosen === 0; });
    form.querySelectorAll("[data-chosen]").forEach((label) => { label.textContent = chosen || "chosen"; });
    boxes.forEach((box) => box.closest("tr").classList.toggle("is-chosen", box.checked));
    if (all) all.checked = chosen > 0 && chosen === boxes.length;
  };
  boxes.forEach((box) => box.addEventListener("change", refresh));
  if (all) all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); refresh(); });

  // Enter in a tick box would press the form's first button, which approves everything.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || !button.dataset.verdict) { event.preventDefault(); return; }
    if ("needsNote" in button.dataset && !note.value.trim()) {
      event.preventDefault();
      note.setCustomValidity("Say why: this is kept with the decision.");
      note.reportValidity();
      note.addEventListener("input", () => note.setCustomValidity(""), { once: true });
      return;
    }
    form.elements.verdict.value = button.dataset.verdict;
    form.elements.scope.value = button.dataset.scope;
    setTimeout(() => form.querySelectorAll("button").forEach((other) => { other.disabled = true; }));
  });
  window.addEventListener("pageshow", refresh);
  refresh();
});
