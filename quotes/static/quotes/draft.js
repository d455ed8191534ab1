// The drafting form without clicks: prices come back while one types, items are found by name.
// Everything it does, the form's own buttons do too.
const PAUSE = 450; // milliseconds without a key before prices are asked for

const form = document.querySelector("[data-draft]");
const live = form.querySelector("[data-live]");
const add = form.querySelector("[data-add]");
const find = form.querySelector("[data-find]");
const suggestions = document.getElementById("qd-items");
const unanswered = form.querySelector("[data-unanswered]");
let timer = 0;
let asked = 0;
let sending = false;

const focused = () => {
  const each = document.activeElement;
  return each && live.contains(each) && each.name
    ? { name: each.name, value: each.value, start: each.selectionStart, end: each.selectionEnd }
    : null;
};

const focusAgain = (was) => {
  if (!was) return;
  // Buttons share a name: the value tells them apart.
  const each = [...live.querySelectorAll(`[name="${CSS.escape(was.name)}"]`)].find((one) => one.value === was.value);
  if (!each) return;
  each.focus({ preventScroll: true });
  if (each.setSelectionRange && was.start != null) each.setSelectionRange(was.start, was.end);
};

const opened = () => [...live.querySelectorAll("details")].map((each) => each.open);

// What the server says; null when it cannot be reached, refuses, or asks to sign in. Leaving the page ends a call too.
const ask = async (address, options) => {
  try {
    const answer = await fetch(address, options);
    return answer.ok && !answer.redirected ? await answer.text() : null;
  } catch {
    return null;
  }
};

const lookUp = async (what = "price") => {
  if (sending) return;
  clearTimeout(timer);
  const mine = ++asked;
  const body = new FormData(form);
  body.set("do", what);
  live.classList.add("qd-waiting");
  try {
    const html = await ask(form.action, { method: "POST", body, headers: { "X-Lines-Only": "1" } });
    if (mine !== asked || sending) return;
    unanswered.hidden = html !== null;
    if (html === null) return;
    const was = focused();
    const open = what === "price" ? opened() : [];
    live.innerHTML = html;
    live.querySelectorAll("details").forEach((each, n) => { if (open[n]) each.open = true; });
    if (body.get("add") === add.value) add.value = "";
    form.elements.catalog.value = "";
    focusAgain(was);
  } finally {
    if (mine === asked) live.classList.remove("qd-waiting");
  }
};

const soon = () => {
  asked += 1; // what is under way was asked before this key
  clearTimeout(timer);
  timer = setTimeout(lookUp, PAUSE);
};

form.addEventListener("change", (event) => {
  if (event.target.matches("[data-price]")) lookUp();
});
form.addEventListener("input", (event) => {
  if (event.target.matches("input[data-price]") && event.target.name !== "customer") soon();
  if (event.target.name === "customer") {
    const known = [...document.getElementById("qd-customers").options].some((each) => each.value === event.target.value);
    if (known) lookUp();
  }
});
form.addEventListener("paste", (event) => {
  if (event.target === add) setTimeout(lookUp);
});
add.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    lookUp();
  }
});
add.addEventListener("blur", () => { if (add.value.trim()) lookUp(); });
form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button && button.value === "stage") {
    sending = true;
    clearTimeout(timer);
    setTimeout(() => { button.disabled = true; });
    return;
  }
  event.preventDefault();
  lookUp(button ? button.value : "price");
});
// Back from the next page: what was sent is no longer this form's business.
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// Items by name: the browser's own list, filled from the server.
const take = (code) => {
  add.value = add.value.trim() ? `${add.value.trim()} ${code}` : code;
  find.value = "";
  suggestions.replaceChildren();
  lookUp();
};

let looking = 0;
const suggest = async () => {
  const word = find.value.trim();
  const chosen = [...suggestions.options].find((each) => each.value === find.value);
  if (chosen) return take(chosen.dataset.code);
  const mine = ++looking;
  if (word.length < 2) return suggestions.replaceChildren();
  const answer = await ask(`${form.dataset.items}?q=${encodeURIComponent(word)}`);
  if (answer === null || mine !== looking) return undefined;
  const { items } = JSON.parse(answer);
  suggestions.replaceChildren(...items.map((item) => {
    const option = document.createElement("option");
    option.value = `${item.code} ${item.text}`;
    option.dataset.code = item.code;
    return option;
  }));
  return undefined;
};
find.closest("[data-needs-script]").hidden = false;
find.addEventListener("input", suggest);
find.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  const [only] = suggestions.options;
  if (only && suggestions.options.length === 1) take(only.dataset.code);
});

// A browser skips autofocus when the page comes up in the background.
const first = form.querySelector("[autofocus]");
if (first && document.activeElement === document.body) first.focus();
