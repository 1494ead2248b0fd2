// Comfort in the municipality's answer: sums the planned uses and saves what is typed. The
// page works without it; what does not apply is hidden by its style sheet.

const form = document.querySelector("[data-answer]");
const saved = form.querySelector("[data-saved]");
const problem = form.querySelector("[data-problem]");
const sum = form.querySelector("[data-sum]");
const uses = [...form.querySelectorAll(".use input")];
const PAUSE = 1200; // ms after the last key
const AGAIN = 10_000; // ms before another try without a connection

// Kronor as people write them, or nothing.
function kronor(input) {
    const text = input.value.replace(/\s|kr$|:-$/g, "");
    return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u00a0");

function showSum() {
    if (!sum) return;
    const isPart = form.elements.answer.value === "part";
    const amount = isPart ? kronor(form.elements.amount) : Number(form.dataset.left);
    const planned = uses.reduce((total, input) => total + (kronor(input) ?? 0), 0);
    sum.hidden = planned === 0 || amount === null;
    const left = amount - planned;
    sum.dataset.state = left === 0 ? "fits" : left < 0 ? "over" : "left";
    const text = sum.dataset[sum.dataset.state]
        .replace("{planned}", grouped(planned))
        .replace("{left}", grouped(Math.abs(left)))
        .replaceAll(" kr", "\u00a0kr");
    if (sum.textContent !== text) sum.textContent = text;
}

// Saving -----------------------------------------------------------------------------

let timer = 0;
let waits = false; // something is typed that is not saved
let running = null;

function complain(text) {
    problem.textContent = text;
    problem.hidden = false;
    saved.textContent = "";
}

function post() {
    const data = new FormData(form);
    data.delete("files");
    const request = { method: "POST", body: data, redirect: "manual", keepalive: true };
    return fetch(form.dataset.save, request);
}

// Whoever has logged in again in another tab has a new token; any page tells it.
async function renewToken() {
    const page = new DOMParser().parseFromString(
        await (await fetch(location.href)).text(),
        "text/html",
    );
    const token = page.querySelector("[name=csrfmiddlewaretoken]");
    if (token) form.elements.csrfmiddlewaretoken.value = token.value;
}

async function send() {
    waits = false;
    let answer;
    try {
        answer = await post();
        if (answer.status === 403) {
            await renewToken();
            answer = await post();
        }
    } catch {
        complain(problem.dataset.offline);
        waits = true;
        timer = setTimeout(save, AGAIN);
        return;
    }
    const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
    if (!isJson) {
        // The login, or a page that says no.
        complain(problem.dataset.loggedOut);
        return;
    }
    const told = await answer.json();
    if (!answer.ok) {
        complain(told.message);
        return;
    }
    form.elements.stamp.value = told.stamp;
    problem.hidden = true;
    saved.textContent = told.message;
}

// One at a time: a later save waits for the earlier one, whose stamp it needs.
async function save() {
    clearTimeout(timer);
    while (running) await running;
    if (!waits) return;
    running = send();
    await running;
    running = null;
}

form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    showSum();
    waits = true;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
});

// The browser comes back with what was typed when one goes back in the history.
window.addEventListener("pageshow", showSum);
window.addEventListener("online", () => { if (waits) save(); });
form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (!navigator.onLine) {
        event.preventDefault();
        complain(problem.dataset.offline);
        waits = true;
        return;
    }
    waits = false;
    if (!running) return;
    // A save on its way must not come after this and bring back what stood there before.
    event.preventDefault();
    await running;
    form.requestSubmit(event.submitter);
});
document.addEventListener("visibilitychange", () => { if (document.hidden && waits) save(); });

// Amounts are grouped when one leaves them, as the page itself writes them.
form.addEventListener("focusout", (event) => {
    if (event.target.dataset?.kind !== "money") return;
    const amount = kronor(event.target);
    if (amount !== null) event.target.value = grouped(amount);
});

showSum();
