// Comfort in a section of a report: what is typed is saved, tables are summed, what is not
// asked is hidden, and a list of activities grows. The page works without it.

const form = document.querySelector("[data-report]");
const MOST_ACTIVITIES = 30;

function showSums() {
    for (const foot of form.querySelectorAll("[data-sum]")) {
        const inputs = foot.closest("table").querySelectorAll("tbody [data-kind=money]");
        const amounts = [...inputs].map(kronor).filter((amount) => amount !== null);
        foot.hidden = amounts.length === 0;
        const total = amounts.reduce((sum, amount) => sum + amount, 0);
        foot.querySelector("[data-total]").textContent = grouped(total);
    }
}

// In the order of the page: a question may hang on one that hangs on another.
function showAsked() {
    for (const part of form.querySelectorAll("[data-when]")) {
        const others = [...form.querySelectorAll("input[type=radio]")].filter(
            (input) => input.name === part.dataset.when,
        );
        if (others.length === 0) {
            part.hidden = part.dataset.asked !== "yes"; // it stands in another section
            continue;
        }
        const chosen = others.find((input) => input.checked)?.value;
        const isAsked = part.dataset.answers.split(" ").includes(chosen);
        part.hidden = !isAsked || others[0].closest("[data-when]")?.hidden === true;
    }
}

// The last row is always empty: when it is used, another follows.
function growActivities() {
    for (const rows of form.querySelectorAll("[data-activities]")) {
        const last = rows.lastElementChild;
        const inputs = [...last.querySelectorAll("textarea, select")];
        const number = Number(inputs[0].name.split(".")[1]);
        if (number >= MOST_ACTIVITIES || inputs.every((input) => !input.value)) continue;
        const row = last.cloneNode(true);
        for (const error of row.querySelectorAll(".field__error, p")) error.remove();
        for (const input of row.querySelectorAll("textarea, select")) {
            const part = input.name.split(".")[2];
            const [key] = input.name.split(".");
            input.name = `${key}.${number + 1}.${part}`;
            input.id = `svar-${key}-${number + 1}-${part}`;
            // By the attribute: not every browser in use has the property.
            const label = input.getAttribute("aria-label");
            input.setAttribute("aria-label", label.replace(number, number + 1));
            input.removeAttribute("aria-invalid");
            input.removeAttribute("aria-describedby");
            input.value = "";
        }
        last.after(row);
    }
}

function show() {
    showSums();
    showAsked();
    growActivities();
}

saveWhileTyping(form, {
    typed: show,
    keep: (told) => {
        form.elements.seen.value = told.seen;
        form.elements.base.value = told.base;
    },
    refused: (told) => {
        form.querySelector("[data-merge]").hidden = !told.merge;
        return told.merge ? "stop" : "";
    },
});
groupAmounts(form);
for (const said of form.querySelectorAll("[data-without-script]")) said.hidden = true;
// The browser comes back with what was typed when one goes back in the history.
window.addEventListener("pageshow", show);
show();
