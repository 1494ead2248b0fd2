// What pages share where somebody writes for a while: amounts, and saving while one types.

// Kronor as people write them, or nothing.
function kronor(input) {
    const text = input.value.replace(/\s|kr$|:-$/g, "");
    return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u00a0");

// Amounts are grouped when one leaves them, as the page itself writes them.
function groupAmounts(form) {
    form.addEventListener("focusout", (event) => {
        if (event.target.dataset?.kind !== "money") return;
        const amount = kronor(event.target);
        if (amount !== null) event.target.value = grouped(amount);
    });
}

// Saves the form to its data-save. `typed` is called for each change, `keep` with what the
// server says of a save, and `refused` with what it says of one that it did not make.
function saveWhileTyping(form, { typed = () => {}, keep = () => {}, refused = () => {} }) {
    const PAUSE = 1200; // ms after the last key
    const AGAIN = 10_000; // ms before another try without a connection
    const saved = form.querySelector("[data-saved]");
    const problem = form.querySelector("[data-problem]");
    let timer = 0;
    let waits = false; // something is typed that is not saved
    let running = null;
    let isStopped = false; // nothing more is saved until the form is posted

    function complain(text) {
        problem.textContent = text;
        problem.hidden = false;
        saved.textContent = "";
    }

    function post() {
        const data = new FormData(form);
        for (const input of form.querySelectorAll("input[type=file]")) data.delete(input.name);
        const request = { method: "POST", body: data, redirect: "manual" };
        // A browser lets only small requests outlive their page.
        const size = [...data.values()].reduce((sum, text) => sum + text.length, 0);
        return fetch(form.dataset.save, { ...request, keepalive: size < 20_000 });
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
            isStopped = refused(told) === "stop";
            return;
        }
        keep(told);
        problem.hidden = true;
        saved.textContent = told.message;
    }

    // One at a time: a later save waits for the earlier one, whose answer it needs.
    async function save() {
        clearTimeout(timer);
        while (running) await running;
        if (!waits || isStopped) return;
        running = send();
        await running;
        running = null;
    }

    form.addEventListener("input", (event) => {
        if (event.target.type === "file") return;
        typed(event);
        waits = true;
        clearTimeout(timer);
        timer = setTimeout(save, PAUSE);
    });
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
    document.addEventListener("visibilitychange", () => {
        if (document.hidden && waits) save();
    });
}
